// Only liblzma's decoder of whole streams is used.
#pragma once
#include <lzma.h>
