// Only the frame format of liblz4 is used.
#pragma once
#include <lz4frame.h>
