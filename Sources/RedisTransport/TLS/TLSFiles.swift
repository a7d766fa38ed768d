import Foundation
import NIOCore
import NIOSSL

/// What the files of ``TLSSettings`` hold, as it was read together.
package struct TLSFiles: Sendable, Equatable {
    private let authority: [UInt8]?
    private let certificate: [UInt8]?
    private let key: [UInt8]?

    /// No file that is meant here is larger.
    private static let bytesMax = 4 << 20

    package init(_ settings: TLSSettings) throws(TLSFileError) {
        authority = try Self.read(settings.caFile, "redis-ca-file")
        certificate = try Self.read(settings.certificateFile, "redis-certificate-file")
        key = try Self.read(settings.keyFile, "redis-key-file") ?? certificate
    }

    private static func read(_ path: String?, _ option: String) throws(TLSFileError) -> [UInt8]? {
        guard let path else { return nil }
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            let bytes = try handle.read(upToCount: bytesMax + 1) ?? Data()
            guard bytes.count <= bytesMax else {
                throw TLSFileError(option: option, path: path, problem: "it is too large to be what is meant")
            }
            return Array(bytes)
        } catch let error as TLSFileError {
            throw error
        } catch {
            throw TLSFileError(option: option, path: path, problem: words(for: error))
        }
    }

    private static func words(for error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileReadNoPermission: "permission denied: let the daemon's user read it"
        case .fileReadNoSuchFile, .fileNoSuchFile: "no such file"
        default: "it cannot be read as a file"
        }
    }

    /// Makes of the files what connections are made with.
    ///
    /// - Parameter settings: those that the files were read for.
    package func context(_ settings: TLSSettings) throws(TLSFileError) -> TLSContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = settings.isVerified ? .fullVerification : .none
        // A server that does not answer is not waited for once more when the connection is closed.
        configuration.shutdownTimeout = .milliseconds(100)
        var roots: [NIOSSLCertificate] = []
        if let authority, let path = settings.caFile {
            roots = try Self.certificates(authority, "redis-ca-file", path)
            configuration.trustRoots = .certificates(roots)
        }
        if let certificate, let path = settings.certificateFile {
            let chain = try Self.certificates(certificate, "redis-certificate-file", path)
            configuration.certificateChain = chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(try privateKey(settings))
        }
        do {
            return TLSContext(ssl: try NIOSSLContext(configuration: configuration), settings: settings, roots: roots)
        } catch {
            // Files of one's own could be read.
            throw Self.misfit(settings)
        }
    }

    /// What is wrong where each part can be read and they make no context.
    static func misfit(_ settings: TLSSettings) -> TLSFileError {
        guard let certificate = settings.certificateFile else {
            return TLSFileError(
                option: "redis-ca-file", path: "the system's certificates",
                problem: "there are none (Debian has them in the package ca-certificates): install them or give a file")
        }
        return TLSFileError(
            option: "redis-key-file", path: settings.keySource ?? certificate,
            problem: "the key is not that of the (first) certificate in \(certificate)")
    }

    private static func certificates(
        _ bytes: [UInt8], _ option: String, _ path: String
    ) throws(TLSFileError) -> [NIOSSLCertificate] {
        guard !bytes.isEmpty, let found = try? NIOSSLCertificate.fromPEMBytes(bytes), !found.isEmpty else {
            throw TLSFileError(
                option: option, path: path,
                problem: "it holds no certificate in PEM form, which begins with -----BEGIN CERTIFICATE-----")
        }
        return found
    }

    private func privateKey(_ settings: TLSSettings) throws(TLSFileError) -> NIOSSLPrivateKey {
        let (bytes, path) = (key ?? [], settings.keySource ?? "")
        // Empty bytes would end the process.
        if !bytes.isEmpty, let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) { return key }
        let isEncrypted = bytes.withUnsafeBytes { $0.firstRange(of: Array("ENCRYPTED".utf8)) != nil }
        let problem =
            if isEncrypted {
                "the key is encrypted, and there is nobody to ask for its passphrase: decrypt it with `openssl pkey`"
            } else if settings.keyFile == nil {
                "it holds no private key: give its file with --redis-key-file"
            } else {
                "it holds no private key in PEM form"
            }
        throw TLSFileError(option: "redis-key-file", path: path, problem: problem)
    }
}
