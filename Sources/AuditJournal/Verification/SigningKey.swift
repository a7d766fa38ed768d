package import Crypto
import Foundation

/// A key for signing exports: Ed25519, in the PEM files that OpenSSL and others read.
///
/// Source of the two encodings: RFC 8410, sections 4 and 7; for this algorithm everything before the key is fixed.
package enum SigningKey {
    private static let privatePrefix: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]
    private static let publicPrefix: [UInt8] = [
        0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00,
    ]

    /// PKCS #8, "PRIVATE KEY".
    package static func pem(_ key: Curve25519.Signing.PrivateKey) -> String {
        pem(privatePrefix + key.rawRepresentation, "PRIVATE KEY")
    }

    /// SubjectPublicKeyInfo, "PUBLIC KEY".
    package static func pem(_ key: Curve25519.Signing.PublicKey) -> String {
        pem(publicPrefix + key.rawRepresentation, "PUBLIC KEY")
    }

    /// Nil for anything but an Ed25519 key in PKCS #8.
    package static func privateKey(pem: String) -> Curve25519.Signing.PrivateKey? {
        bytes(pem, "PRIVATE KEY", privatePrefix).flatMap { try? Curve25519.Signing.PrivateKey(rawRepresentation: $0) }
    }

    /// Nil for anything but an Ed25519 key as SubjectPublicKeyInfo.
    package static func publicKey(pem: String) -> Curve25519.Signing.PublicKey? {
        bytes(pem, "PUBLIC KEY", publicPrefix).flatMap { try? Curve25519.Signing.PublicKey(rawRepresentation: $0) }
    }

    private static func pem(_ bytes: [UInt8], _ label: String) -> String {
        "-----BEGIN \(label)-----\n\(Data(bytes).base64EncodedString())\n-----END \(label)-----\n"
    }

    private static func bytes(_ pem: String, _ label: String, _ prefix: [UInt8]) -> Data? {
        let lines = pem.split(whereSeparator: \.isNewline)
        guard lines.first == "-----BEGIN \(label)-----", lines.last == "-----END \(label)-----",
            let bytes = Data(base64Encoded: lines.dropFirst().dropLast().joined()), bytes.starts(with: prefix),
            bytes.count == prefix.count + 32
        else { return nil }
        return bytes.dropFirst(prefix.count)
    }
}
