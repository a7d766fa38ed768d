// Only the reader and the formatter of hiredis are used: its sockets, timers and callbacks are not.
#pragma once
#include <stdlib.h>
#include <hiredis/hiredis.h>
