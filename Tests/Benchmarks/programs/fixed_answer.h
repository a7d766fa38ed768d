/* What the fixed-answer server says to every line: as long as a real answer. */
#pragma once

static const char FIXED_ANSWER[] =
    "{\"jsonrpc\":\"2.0\",\"id\":10000000,\"result\":{\"authenticated\":true,\"user_id\":\"1234567\",\"backend\":"
    "\"django.contrib.auth.backends.ModelBackend\",\"session\":\"7d1a54127b222502f5b79b5fb0803061\","
    "\"expires_at\":\"2026-12-07T09:30:00Z\"}}\n";

enum { FIXED_ANSWER_SIZE = sizeof FIXED_ANSWER - 1 };
