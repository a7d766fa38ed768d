// swift-tools-version: 6.2

import PackageDescription

/// Settings that every Swift target shares.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .treatAllWarnings(as: .error),
]

let collections: [Target.Dependency] = [
    .product(name: "DequeModule", package: "swift-collections"),
    .product(name: "HeapModule", package: "swift-collections"),
]
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let http = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let embedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let tls: [Target.Dependency] = [
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
    .product(name: "NIOTLS", package: "swift-nio"),
]
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")

let package = Package(
    name: "sessiond",
    products: [
        .executable(name: "sessiond", targets: ["sessiond"]),
        .library(name: "SessiondClient", targets: ["SessiondClient"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0", traits: ["YAML"]),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CHiredis"),
        .systemLibrary(name: "CZlib"),
        .systemLibrary(name: "CLZMA"),
        .systemLibrary(name: "CLZ4"),
        .systemLibrary(name: "CZstd"),
        .target(name: "RESP", dependencies: ["CHiredis"], swiftSettings: strict + [.strictMemorySafety()]),
        .target(
            name: "DjangoSession",
            dependencies: ["CZlib", "CLZMA", "CLZ4", "CZstd", crypto],
            swiftSettings: strict
        ),
        .target(name: "SessionModel", dependencies: [crypto], swiftSettings: strict),
        .target(
            name: "SessionDirectory",
            dependencies: ["SessionModel", "DjangoSession", "CLinux"] + collections,
            swiftSettings: strict
        ),
        .target(name: "JSONRPC", dependencies: ["SessionModel"], swiftSettings: strict),
        .target(
            name: "RedisTransport",
            dependencies: ["RESP", "SessionModel", logging, lifecycle] + nio + tls + collections,
            swiftSettings: strict
        ),
        .target(
            name: "AuditJournal",
            dependencies: ["SessionModel", crypto, grdb, logging] + collections,
            swiftSettings: strict
        ),
        .target(name: "Listening", dependencies: nio, swiftSettings: strict),
        .target(
            name: "SocketService",
            dependencies: ["Listening", "JSONRPC", "SessionModel", logging, lifecycle] + nio,
            swiftSettings: strict
        ),
        .target(
            name: "HTTPService",
            dependencies: ["Listening", "SessionModel", crypto, http, logging, lifecycle] + nio,
            resources: [.embedInCode("Page/page.html")],
            swiftSettings: strict
        ),
        .target(
            name: "Daemon",
            dependencies: [
                "RedisTransport", "SessionDirectory", "DjangoSession", "SessionModel", "AuditJournal", "SocketService",
                "HTTPService", "Listening", "CLinux",
                configuration, logging, lifecycle, unixSignals, yams,
            ] + nio + collections,
            swiftSettings: strict
        ),
        .target(
            name: "Doctor",
            dependencies: ["RedisTransport", "RESP", "DjangoSession", "SessionModel", "SessiondClient", logging] + nio,
            swiftSettings: strict
        ),
        .target(name: "SessiondClient", dependencies: ["JSONRPC", "SessionModel"] + nio, swiftSettings: strict),
        .executableTarget(
            name: "sessiond",
            dependencies: [
                "Daemon", "Doctor", "SessiondClient", "AuditJournal", "SessionModel", argumentParser, crypto,
                unixSignals,
            ],
            swiftSettings: strict
        ),
        .executableTarget(name: "DecoderBenchmark", dependencies: ["DjangoSession"], swiftSettings: strict),
        .target(
            name: "TestSupport",
            dependencies: ["DjangoSession", "SessionModel", "CZlib", "CLZMA", "CLZ4", "CZstd", crypto],
            swiftSettings: strict
        ),
        .testTarget(name: "RESPTests", dependencies: ["RESP"], swiftSettings: strict),
        .testTarget(
            name: "DjangoSessionTests",
            dependencies: ["DjangoSession", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "JSONRPCTests", dependencies: ["JSONRPC", "SessionModel", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "SessiondClientTests",
            dependencies: ["SessiondClient", "JSONRPC"] + nio,
            swiftSettings: strict
        ),
        .testTarget(
            name: "SessionModelTests",
            dependencies: ["SessionModel", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "AuditJournalTests",
            dependencies: ["AuditJournal", "SessionModel", "TestSupport", logging, crypto, grdb],
            exclude: ["Schemas"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "RedisTransportTests",
            dependencies: ["RedisTransport", "RESP", "SessionModel", "TestSupport", logging, embedded] + nio,
            swiftSettings: strict
        ),
        .testTarget(
            name: "DoctorTests",
            dependencies: [
                "Doctor", "RedisTransport", "RESP", "DjangoSession", "SessionModel", "SessiondClient", "TestSupport",
            ],
            swiftSettings: strict
        ),
        .testTarget(name: "ListeningTests", dependencies: ["Listening", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "HTTPServiceTests",
            dependencies: ["HTTPService", "AuditJournal", "SessionModel", http, embedded] + nio,
            swiftSettings: strict
        ),
        .testTarget(
            name: "SocketServiceTests",
            dependencies: [
                "SocketService", "Listening", "JSONRPC", "SessionModel", "TestSupport", logging,
            ] + nio,
            swiftSettings: strict
        ),
        .testTarget(
            name: "DaemonTests",
            dependencies: [
                "Daemon", "CLinux", "SessiondClient", "SessionModel", "DjangoSession", "TestSupport", "sessiond",
            ]
                + [embedded] + nio,
            swiftSettings: strict
        ),
        .testTarget(
            name: "SessiondTests",
            dependencies: ["sessiond", "Daemon", "Doctor", "SessiondClient", "SessionModel", argumentParser],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SessionDirectoryTests",
            dependencies: ["SessionDirectory", "DjangoSession", "SessionModel", "TestSupport"],
            swiftSettings: strict
        ),
    ]
)

// The fuzzers, which only `make fuzz` builds: they need libFuzzer, which `-sanitize=fuzzer` links.
if Context.environment["SESSIOND_FUZZER"] != nil {
    func fuzzer(of subject: Target.Dependency, named name: String) -> Target {
        .executableTarget(
            name: name, dependencies: [subject, "FuzzSupport", "CLibFuzzer"], path: "Tests/\(name)",
            exclude: ["make_seeds.py", "tokens.dict"], swiftSettings: strict
        )
    }
    package.targets += [
        .systemLibrary(name: "CLibFuzzer", path: "Tests/FuzzSupport/CLibFuzzer"),
        .target(
            name: "FuzzSupport",
            dependencies: ["CLibFuzzer"],
            path: "Tests/FuzzSupport",
            exclude: ["CLibFuzzer"],
            swiftSettings: strict
        ),
        fuzzer(of: "DjangoSession", named: "DecoderFuzzer"),
        fuzzer(of: "JSONRPC", named: "LineFuzzer"),
        fuzzer(of: "RESP", named: "RESPFuzzer"),
    ]
}

// What `make sanitize-thread` builds: a copy of the package whose sources import this module in place of `Synchronization`.
if Context.environment["SESSIOND_TRACED"] != nil {
    for target in package.targets where target.type != .system {
        target.dependencies.append("TracedSynchronization")
    }
    package.targets.append(.target(name: "TracedSynchronization", path: "Tests/TracedSynchronization"))
}
