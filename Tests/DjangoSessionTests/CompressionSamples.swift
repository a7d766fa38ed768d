import Foundation
import Testing

@testable import DjangoSession

/// A compressed value and what Python makes of it: of CPython 3.11 (zlib 1.2.13, liblzma 5.4.1), python-lz4 4.4.5 (liblz4
/// 1.9.4) and pyzstd 0.20 (libzstd 1.5.7). Most were written by the same functions' counterparts, the rest by hand.
struct PythonSample: CustomTestStringConvertible {
    let format: DecodedSession.Compression
    let subject: String
    let bytes: [UInt8]
    /// What the format's function returns; nil where it raises.
    let content: String?

    init(_ format: DecodedSession.Compression, _ subject: String, _ base64: String, _ content: String?) {
        self.format = format
        self.subject = subject
        self.bytes = Array(Data(base64Encoded: base64) ?? Data())
        self.content = content
    }

    var testDescription: String { "\(format.rawValue): \(subject)" }
}

private let session = #"{"_auth_user_id":"42","_auth_user_id":"42"}"#

let pythonSamples = [
    PythonSample(.zlib, "a session", "eJyrVopPLC3JiC8tTi2Kz0xRslIyMVLSwSZYCwBGvw4r", session),
    PythonSample(.zlib, "level 9", "eNqrVopPLC3JiC8tTi2Kz0xRslIyMVLSwSZYCwBGvw4r", session),
    PythonSample(.zlib, "a window of 512 bytes", "GJWrVopPLC3JiC8tTi2Kz0xRslIyMVLSwSZYCwBGvw4r", session),
    PythonSample(.zlib, "nothing", "eJwDAAAAAAE=", ""),
    PythonSample(.zlib, "followed by junk", "eJyrVopPLC3JiC8tTi2Kz0xRslIyMVLSwSZYCwBGvw4ranVuaw==", session),
    PythonSample(
        .zlib,
        "twice",
        "eJyrVopPLC3JiC8tTi2Kz0xRslIyMVLSwSZYCwBGvw4reJyrVopPLC3JiC8tTi2Kz0xRslIyMVLSwSZYCwBGvw4r",
        session
    ),
    PythonSample(.zlib, "a wrong checksum", "eJyrVopPLC3JiC8tTi2Kz0xRslIyMVLSwSZYCwBGvw4q", nil),
    PythonSample(.zlib, "a preset dictionary", "eLsllAVcq1aKR+YqWSmZGCnpYBOsBQBGvw4r", nil),
    PythonSample(.zlib, "no bytes", "", nil),
    PythonSample(.gzip, "a session", "H4sIAAAAAAACA6tWik8sLcmILy1OLYrPTFGyUjIxUtLBJlgLALs1aasrAAAA", session),
    PythonSample(.gzip, "nothing", "H4sIAAAAAAACAwMAAAAAAAAAAAA=", ""),
    PythonSample(.gzip, "no bytes", "", ""),
    PythonSample(
        .gzip,
        "two members",
        "H4sIAAAAAAAA/6tWik8sLcmILy1OLYrPTFGyUjIxUtLBJlgLALs1aasrAAAAH4sIAAAAAAAA/1MEANP/a54BAAAA",
        session + "!"
    ),
    PythonSample(
        .gzip,
        "zeros between and after members",
        "H4sIAAAAAAAA/6tWik8sLcmILy1OLYrPTFGyUjIxUtLBJlgLALs1aasrAAAAAAAAAAAfiwgAAAAAAAD/UwQA0/9rngEAAAAAAAA=",
        session + "!"
    ),
    PythonSample(
        .gzip,
        "every header field",
        "H4sIHwAAAAAA/wMAYWJjbmFtZQBjb21tZW50AHh4q1aKTywtyYgvLU4tis9MUbJSMjFS0sEmWAsAuzVpqysAAAA=",
        session
    ),
    PythonSample(
        .gzip,
        "flags without a meaning",
        "H4sI4AAAAAAA/6tWik8sLcmILy1OLYrPTFGyUjIxUtLBJlgLALs1aasrAAAA",
        session
    ),
    PythonSample(
        .gzip,
        "zeros before a member",
        "AB+LCAAAAAAAAP+rVopPLC3JiC8tTi2Kz0xRslIyMVLSwSZYCwC7NWmrKwAAAA==",
        nil
    ),
    PythonSample(
        .gzip,
        "followed by junk",
        "H4sIAAAAAAAA/6tWik8sLcmILy1OLYrPTFGyUjIxUtLBJlgLALs1aasrAAAAanVuaw==",
        nil
    ),
    PythonSample(
        .gzip,
        "followed by half a magic",
        "H4sIAAAAAAAA/6tWik8sLcmILy1OLYrPTFGyUjIxUtLBJlgLALs1aasrAAAAHw==",
        nil
    ),
    PythonSample(
        .gzip,
        "followed by a header",
        "H4sIAAAAAAAA/6tWik8sLcmILy1OLYrPTFGyUjIxUtLBJlgLALs1aasrAAAAH4sIAAAAAAAA/w==",
        nil
    ),
    PythonSample(.gzip, "another magic number", "HosIAAAAAAAA/6tWik8sLcmILy1OLYrPTFGyUjIxUtLBJlgLALs1aasrAAAA", nil),
    PythonSample(
        .gzip,
        "another method than deflate",
        "H4sHAAAAAAAA/6tWik8sLcmILy1OLYrPTFGyUjIxUtLBJlgLALs1aasrAAAA",
        nil
    ),
    PythonSample(.gzip, "a wrong checksum", "H4sIAAAAAAAA/6tWik8sLcmILy1OLYrPTFGyUjIxUtLBJlgLALo1aasrAAAA", nil),
    PythonSample(.gzip, "a wrong length", "H4sIAAAAAAAA/6tWik8sLcmILy1OLYrPTFGyUjIxUtLBJlgLALs1aasqAAAA", nil),
    PythonSample(
        .gzip,
        "a wrong checksum in the second member",
        "H4sIAAAAAAAA/6tWik8sLcmILy1OLYrPTFGyUjIxUtLBJlgLALs1aasrAAAAH4sIAAAAAAAA/6tWik8sLcmILy1OLYrPTFGyUjIx"
            + "UtLBJlgLALo1aasrAAAA",
        nil
    ),
    PythonSample(
        .lzma,
        "xz as django-redis writes it",
        "/Td6WFoAAATm1rRGAgAhARQAAAD/5+wJ4AAqAB9dAD2Ih+YT6F7v3TXUBC0MXPQy3tOTi78VNI3Kx3T0vAAAAMyRZIUwJQhcAAE7"
            + "K1OjiLAftvN9AQAAAAAEWVo=",
        session
    ),
    PythonSample(
        .lzma,
        "xz of preset 9",
        "/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4AAqAB9dAD2Ih+YT6F7v3TXUBC0MXPQy3tOTi78VNI3Kx3T0vAAAAMyRZIUwJQhcAAE7"
            + "K1OjiLAftvN9AQAAAAAEWVo=",
        session
    ),
    PythonSample(
        .lzma,
        "xz with CRC-32",
        "/Td6WFoAAAFpIt42AgAhARYAAAB0L+Wj4AAqAB9dAD2Ih+YT6F7v3TXUBC0MXPQy3tOTi78VNI3Kx3T0vAAAALs1aasAATcrX+w9"
            + "HJBCmQ0BAAAAAAFZWg==",
        session
    ),
    PythonSample(
        .lzma,
        "xz with SHA-256",
        "/Td6WFoAAArh+wyhAgAhARYAAAB0L+Wj4AAqAB9dAD2Ih+YT6F7v3TXUBC0MXPQy3tOTi78VNI3Kx3T0vAAAANvifnm6wguj5I0a"
            + "RvV3FUn8LtzcZ1fnJrs3BegM8hJWAAFTK/xCrB0Ym0uaAQAAAAAKWVo=",
        session
    ),
    PythonSample(
        .lzma,
        "xz without a check",
        "/Td6WFoAAAD/EtlBAgAhARYAAAB0L+Wj4AAqAB9dAD2Ih+YT6F7v3TXUBC0MXPQy3tOTi78VNI3Kx3T0vAAAAAABMytbKVF4BnKe"
            + "egEAAAAAAFla",
        session
    ),
    PythonSample(.lzma, ".lzma", "XQAAgAD//////////wA9iIfmE+he79011AQtDFz0Mt7Tk4u/FTSNysd6Iub///2QkAA=", session),
    PythonSample(.lzma, "xz of nothing", "/Td6WFoAAATm1rRGAAAAABzfRCEftvN9AQAAAAAEWVo=", ""),
    PythonSample(
        .lzma,
        "xz, then .lzma",
        "/Td6WFoAAATm1rRGAgAhARQAAAD/5+wJ4AAqAB9dAD2Ih+YT6F7v3TXUBC0MXPQy3tOTi78VNI3Kx3T0vAAAAMyRZIUwJQhcAAE7"
            + "K1OjiLAftvN9AQAAAAAEWVpdAACAAP//////////ABDB+////+AAAAA=",
        session + "!"
    ),
    PythonSample(
        .lzma,
        "followed by junk",
        "/Td6WFoAAATm1rRGAgAhARQAAAD/5+wJ4AAqAB9dAD2Ih+YT6F7v3TXUBC0MXPQy3tOTi78VNI3Kx3T0vAAAAMyRZIUwJQhcAAE7"
            + "K1OjiLAftvN9AQAAAAAEWVpqdW5r",
        session
    ),
    PythonSample(
        .lzma,
        "followed by a damaged stream",
        "/Td6WFoAAATm1rRGAgAhARQAAAD/5+wJ4AAqAB9dAD2Ih+YT6F7v3TXUBC0MXPQy3tOTi78VNI3Kx3T0vAAAAMyRZIUwJQhcAAE7"
            + "K1OjiLAftvN9AQAAAAAEWVr9N3pYWgAABObWtEYCACEBFAAAAP/n7AngACoAH10APYiH5xPoXu/dNdQELQxc9DLe05OLvxU0jcrH"
            + "dPS8AAAAzJFkhTAlCFwAATsrU6OIsB+2830BAAAAAARZWg==",
        session
    ),
    PythonSample(
        .lzma,
        "followed by the beginning of a stream",
        "/Td6WFoAAATm1rRGAgAhARQAAAD/5+wJ4AAqAB9dAD2Ih+YT6F7v3TXUBC0MXPQy3tOTi78VNI3Kx3T0vAAAAMyRZIUwJQhcAAE7"
            + "K1OjiLAftvN9AQAAAAAEWVr9N3pYWgAABObWtEYCACEBFAAAAA==",
        nil
    ),
    PythonSample(
        .lzma,
        "followed by a zero byte",
        "/Td6WFoAAATm1rRGAgAhARQAAAD/5+wJ4AAqAB9dAD2Ih+YT6F7v3TXUBC0MXPQy3tOTi78VNI3Kx3T0vAAAAMyRZIUwJQhcAAE7"
            + "K1OjiLAftvN9AQAAAAAEWVoA",
        nil
    ),
    PythonSample(.lzma, "eighteen zeros, an empty .lzma", "AAAAAAAAAAAAAAAAAAAAAAAA", ""),
    PythonSample(
        .lzma,
        "a damaged stream",
        "/Td6WFoAAATm1rRGAgAhARQAAAD/5+wJ4AAqAB9dAD2Ih+cT6F7v3TXUBC0MXPQy3tOTi78VNI3Kx3T0vAAAAMyRZIUwJQhcAAE7"
            + "K1OjiLAftvN9AQAAAAAEWVo=",
        nil
    ),
    PythonSample(.lzma, "no bytes", "", nil),
    PythonSample(
        .lz4,
        "a frame as django-redis writes it",
        "BCJNGGhAKwAAAAAAAAAkIAAAAPwHeyJfYXV0aF91c2VyX2lkIjoiNDIiLBUAUCI0MiJ9AAAAAA==",
        session
    ),
    PythonSample(.lz4, "without a size", "BCJNGGBAgiAAAAD8B3siX2F1dGhfdXNlcl9pZCI6IjQyIiwVAFAiNDIifQAAAAA=", session),
    PythonSample(
        .lz4,
        "with checksums",
        "BCJNGHxAKwAAAAAAAACpIAAAAPwHeyJfYXV0aF91c2VyX2lkIjoiNDIiLBUAUCI0MiJ9DI6lkAAAAABXtYg0",
        session
    ),
    PythonSample(.lz4, "nothing", "BCJNGGBAggAAAAA=", ""),
    PythonSample(
        .lz4,
        "followed by junk",
        "BCJNGGhAKwAAAAAAAAAkIAAAAPwHeyJfYXV0aF91c2VyX2lkIjoiNDIiLBUAUCI0MiJ9AAAAAGp1bms=",
        session
    ),
    PythonSample(
        .lz4,
        "two frames",
        "BCJNGGhAKwAAAAAAAAAkIAAAAPwHeyJfYXV0aF91c2VyX2lkIjoiNDIiLBUAUCI0MiJ9AAAAAAQiTRhoQCsAAAAAAAAAJCAAAAD8"
            + "B3siX2F1dGhfdXNlcl9pZCI6IjQyIiwVAFAiNDIifQAAAAA=",
        session
    ),
    PythonSample(
        .lz4,
        "a skippable frame, then a frame",
        "UypNGAQAAABhYmNkBCJNGGhAKwAAAAAAAAAkIAAAAPwHeyJfYXV0aF91c2VyX2lkIjoiNDIiLBUAUCI0MiJ9AAAAAA==",
        ""
    ),
    PythonSample(
        .lz4,
        "a wrong checksum of the content",
        "BCJNGGxAKwAAAAAAAAC0IAAAAPwHeyJfYXV0aF91c2VyX2lkIjoiNDIiLBUAUCI0MiJ9AAAAAFe1iDU=",
        nil
    ),
    PythonSample(
        .lz4,
        "a wrong checksum of a block",
        "BCJNGHhAKwAAAAAAAABcIAAAAPwHeyJfYXV0aF91c2VyX2lkIjoiNDIiLBUAUCI0MiJ9DI6lkQAAAAA=",
        nil
    ),
    PythonSample(.lz4, "no bytes", "", nil),
    PythonSample(
        .lz4,
        "another size than it says",
        "BCJNGGhA9AEAAAAAAABNKwAAgHsiX2F1dGhfdXNlcl9pZCI6IjQyIiwiX2F1dGhfdXNlcl9pZCI6IjQyIn0AAAAA",
        nil
    ),
    PythonSample(
        .lz4,
        "a dictionary that nothing refers to",
        "BCJNGGFAAQAAANArAACAeyJfYXV0aF91c2VyX2lkIjoiNDIiLCJfYXV0aF91c2VyX2lkIjoiNDIifQAAAAA=",
        session
    ),
    PythonSample(.lz4, "a reference before the beginning", "BCJNGGBAggkAAAAACABQaGVsbG8AAAAA", nil),
    PythonSample(
        .zstd,
        "a frame as django-redis writes it",
        "KLUv/SAr7QAAuHsiX2F1dGhfdXNlcl9pZCI6IjQyIix9AQCQnk0=",
        session
    ),
    PythonSample(.zstd, "with a checksum", "KLUv/SQr7QAAuHsiX2F1dGhfdXNlcl9pZCI6IjQyIix9AQCQnk0Dutoz", session),
    PythonSample(.zstd, "without a size", "KLUv/QBY7QAAuHsiX2F1dGhfdXNlcl9pZCI6IjQyIix9AQCQnk0=", session),
    PythonSample(.zstd, "nothing", "KLUv/SAAAQAA", ""),
    PythonSample(
        .zstd,
        "two frames",
        "KLUv/SAr7QAAuHsiX2F1dGhfdXNlcl9pZCI6IjQyIix9AQCQnk0otS/9IAEJAAAh",
        session + "!"
    ),
    PythonSample(
        .zstd,
        "skippable frames around",
        "UypNGAQAAABhYmNkKLUv/SAr7QAAuHsiX2F1dGhfdXNlcl9pZCI6IjQyIix9AQCQnk1TKk0YBAAAAGFiY2Q=",
        session
    ),
    PythonSample(.zstd, "a skippable frame alone", "UypNGAQAAABhYmNk", ""),
    PythonSample(.zstd, "followed by junk", "KLUv/SAr7QAAuHsiX2F1dGhfdXNlcl9pZCI6IjQyIix9AQCQnk1qdW5r", nil),
    PythonSample(.zstd, "followed by a zero byte", "KLUv/SAr7QAAuHsiX2F1dGhfdXNlcl9pZCI6IjQyIix9AQCQnk0A", nil),
    PythonSample(.zstd, "followed by half a magic", "KLUv/SAr7QAAuHsiX2F1dGhfdXNlcl9pZCI6IjQyIix9AQCQnk0otQ==", nil),
    PythonSample(.zstd, "a wrong checksum", "KLUv/SQr7QAAuHsiX2F1dGhfdXNlcl9pZCI6IjQyIix9AQCQnk0Dutoy", nil),
    PythonSample(.zstd, "a dictionary", "KLUv/QEABwkAAGE=", nil),
    PythonSample(.zstd, "the format of version 0.7", "J7Uv/SAAwAAA", nil),
    PythonSample(.zstd, "another size than it says", "KLUv/SAFCQAAYQ==", nil),
]
