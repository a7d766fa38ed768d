import CLibFuzzer
import Foundation

// SwiftPM makes this the entry of the program, in the place of libFuzzer's own `main`, so its driver is called from here.
var argumentCount = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(LLVMFuzzerRunDriver(&argumentCount, &arguments, testOneInput))
