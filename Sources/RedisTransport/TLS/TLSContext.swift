import NIOSSL

/// What a TLS connection is made with, of files that were read at one time.
package struct TLSContext: Sendable {
    let ssl: NIOSSLContext
    let settings: TLSSettings
    /// The authorities of the CA file.
    let roots: [NIOSSLCertificate]
}
