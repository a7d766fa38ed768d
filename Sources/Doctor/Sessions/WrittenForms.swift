import DjangoSession

/// Which Django wrote values, by their forms.
enum WrittenForms {
    static func findings(_ forms: [ValueCounts.Form: Int]) -> [Finding] {
        guard !forms.isEmpty else { return [] }
        let sorted = forms.sorted { ($1.value, words($0.key)) < ($0.value, words($1.key)) }
        let what = sorted.map { "\($0.value) by \(writer($0.key)) (\(words($0.key)))" }.joined(separator: "; ")
        var findings: [Finding] = []
        if Set(forms.keys.map(\.layout)).count > 1 {
            findings.append(
                Finding(
                    .note, .valuesWritten, "two generations of Django wrote here: \(what)",
                    why:
                        "right for as long as SESSION_COOKIE_AGE after an upgrade. Django 4.0 and later take sessions of the legacy layout for empty: "
                        + "sessiond lets in whom they send away",
                    mend: ["--django X.Y    # accepts what that version accepts, and no more"]))
        } else {
            findings.append(Finding(.ok, .valuesWritten, "written \(what)"))
        }
        let pickled = forms.filter { $0.key.serializer == .pickle && $0.key.layout != .cache }.values.reduce(0, +)
        if pickled > 0 {
            findings.append(
                Finding(
                    .note, .valuesPickled, "\(pickled) signed values are pickles",
                    why:
                        "whoever knows SECRET_KEY can have Django run code with one; sessiond runs none. Django 5.0 has no PickleSerializer any more",
                    mend: ["settings.py: SESSION_SERIALIZER = 'django.contrib.sessions.serializers.JSONSerializer'"]))
        }
        return findings
    }

    private static func words(_ form: ValueCounts.Form) -> String {
        let compression = form.compression == .none ? "" : ", \(form.compression.rawValue)"
        return "\(form.layout.rawValue), \(form.serializer.rawValue)\(compression)"
    }

    private static func writer(_ form: ValueCounts.Form) -> String {
        switch (form.layout, form.serializer) {
        case (.signing, .pickle): "Django 3.1 to 4.2"
        case (.signing, _): "Django 3.1 or later"
        case (.legacy, .pickle): "Django up to 3.0, or 3.1 and 3.2 told to hash by SHA-1"
        case (.legacy, _): "Django 1.5 to 3.0, or 3.1 and 3.2 told to hash by SHA-1"
        case (.cache, .pickle) where form.compression == .none: "Django's RedisCache, or django-redis"
        case (.cache, _): "django-redis"
        }
    }
}
