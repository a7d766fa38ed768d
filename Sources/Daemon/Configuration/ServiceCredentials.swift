/// Secrets that the service manager hands over as files, as `LoadCredential=` of systemd.exec(5) describes.
///
/// They are read where no option says otherwise. An empty one counts for none, so that a unit can name a file that not everybody
/// needs.
struct ServiceCredentials: Sendable {
    /// What the daemon looks for.
    enum Name: String {
        case secretKey = "secret-key"
        case redisURL = "redis-url"
    }

    private let directory: String?

    init(environment: [String: String]) {
        directory = environment["CREDENTIALS_DIRECTORY"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A credential's file and what it holds; nil where there is none.
    func content(_ name: Name) throws(ConfigurationError) -> (path: String, bytes: [UInt8])? {
        guard let directory else { return nil }
        let path = "\(directory)/\(name.rawValue)"
        guard FileContent.exists(path) else { return nil }
        let bytes = try FileContent.bytes(of: path, option: name.option.rawValue)
        let isBlank = bytes.allSatisfy { [0x09, 0x0A, 0x0D, 0x20].contains($0) }
        return isBlank ? nil : (path, bytes)
    }
}

extension ServiceCredentials.Name {
    /// The option that stands for the same.
    var option: ServeOption {
        switch self {
        case .secretKey: .secretKeyFile
        case .redisURL: .redisURLFile
        }
    }
}
