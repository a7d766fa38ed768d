// Only zlib's stream functions are used. Its `…Init` macros are not seen by Swift; the functions behind them are.
#pragma once
#include <zlib.h>
