import DjangoSession
import TestSupport

/// A decoder with one key and a signer with the same one.
let secret = "a secret that no site has"
let signer = DjangoSigner(secretKey: secret)
let decoder = SessionDecoder(verification: .keys([SecretKey(Array(secret.utf8))]))

let loginJSON = """
    {"_auth_user_id":"42","_auth_user_backend":"django.contrib.auth.backends.ModelBackend",\
    "_auth_user_hash":"3607d00b9379ee98e595e0b3e5aa84422c415c06","next":"/na\\u00efve"}
    """

/// The rendering of a payload that is well signed.
func rendered(_ payload: String, bounds: DecodeBounds = .init()) throws(DecodeError) -> String {
    let decoder = SessionDecoder(verification: .keys([SecretKey(Array(secret.utf8))]), bounds: bounds)
    return String(decoding: try decoder.decode(signer.signing(payload, compression: .never)).data, as: UTF8.self)
}

/// What is wrong with a value; nil where it decodes.
func fault(of value: [UInt8], by decoder: SessionDecoder = decoder) -> DecodeError? {
    do throws(DecodeError) {
        _ = try decoder.decode(value)
        return nil
    } catch {
        return error
    }
}

/// What is wrong with a payload that is well signed.
func fault(inPayload payload: String, bounds: DecodeBounds = .init()) -> DecodeError? {
    do throws(DecodeError) {
        _ = try rendered(payload, bounds: bounds)
        return nil
    } catch {
        return error
    }
}
