import TestSupport
import Testing

@testable import RedisTransport

/// The files that TLS is made of.
@Suite struct TLSFilesTests {
    private func problem(_ change: (inout TLSSettings) -> Void) -> TLSFileError? {
        var settings = TLSSettings()
        change(&settings)
        do throws(TLSFileError) {
            _ = try TLSFiles(settings).context(settings)
            return nil
        } catch {
            return error
        }
    }

    @Test("What cannot be used is named: the option, the file, and what to do")
    func unusable() async throws {
        let folder = try TemporaryFolder()
        let authority = try await CertificateAuthority()
        let (client, other) = (try await authority.sign("client"), try await authority.sign("other"))
        let missing = folder.file("missing")
        #expect(
            problem { $0.caFile = missing }
                == TLSFileError(option: "redis-ca-file", path: missing, problem: "no such file"))
        #expect(problem { $0.caFile = folder.path }?.problem == "it cannot be read as a file")
        for text in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            let file = try folder.write(text, to: "text.pem")
            for (option, error) in [
                ("redis-ca-file", problem { $0.caFile = file }),
                ("redis-certificate-file", problem { ($0.certificateFile, $0.keyFile) = (file, client.key) }),
                ("redis-key-file", problem { ($0.certificateFile, $0.keyFile) = (client.certificate, file) }),
            ] {
                let error = try #require(error)
                #expect(error.option == option && error.path == file && error.problem.contains("PEM"))
            }
        }
        let mixed = problem { ($0.certificateFile, $0.keyFile) = (client.certificate, other.key) }
        #expect(mixed?.path == other.key && mixed?.problem.contains("is not that of") == true)
        #expect(problem { $0.certificateFile = client.certificate }?.problem.contains("--redis-key-file") == true)
        #expect(problem { ($0.certificateFile, $0.keyFile) = (client.certificate, client.key) } == nil)
        #expect(problem { $0.caFile = authority.certificate } == nil)
        // On a system without certificates no file of the user's is at fault.
        #expect(TLSFiles.misfit(TLSSettings()).option == "redis-ca-file")
    }

    @Test("An encrypted key is said to be one")
    func encrypted() async throws {
        let folder = try TemporaryFolder()
        let client = try await CertificateAuthority().sign("client")
        for options in [["pkcs8", "-topk8"], ["ec", "-aes256"]] {
            let key = folder.file("encrypted.key")
            let result = try await ChildProcess.run(
                "openssl", options + ["-in", client.key, "-out", key, "-passout", "pass:secret"])
            #expect(result.exitCode == 0, "\(result.errors)")
            let error = problem { ($0.certificateFile, $0.keyFile) = (client.certificate, key) }
            #expect(error?.problem.contains("encrypted") == true)
        }
    }

    @Test("One file may hold the certificate and its key")
    func combined() async throws {
        let folder = try TemporaryFolder()
        let client = try await CertificateAuthority().sign("client")
        let both = try await ChildProcess.run("cat", [client.certificate, client.key])
        let file = try folder.write(both.output, to: "both.pem")
        #expect(problem { $0.certificateFile = file } == nil)
    }
}
