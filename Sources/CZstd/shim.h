// Only libzstd's streaming functions are used.
#pragma once
#include <zstd.h>
#include <zstd_errors.h>
