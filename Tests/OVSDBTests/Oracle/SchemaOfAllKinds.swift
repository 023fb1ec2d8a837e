/// A schema with something of every kind, for comparisons with ovsdb-server.
enum SchemaOfAllKinds {
    static let text = """
        {"name":"T","version":"1.2.3","tables":{
        "A":{"isRoot":true,"maxRows":6,"indexes":[["i"],["s","b"]],"columns":{
        "i":{"type":{"key":{"type":"integer","minInteger":-5,"maxInteger":20}}},
        "low":{"type":{"key":{"type":"integer","minInteger":0}}},
        "high":{"type":{"key":{"type":"integer","maxInteger":7}}},
        "n":{"type":"integer"},
        "r":{"type":{"key":{"type":"real","minReal":-1.5,"maxReal":1000}}},
        "b":{"type":"boolean"},
        "s":{"type":{"key":{"type":"string","maxLength":5}}},
        "t":{"type":{"key":{"type":"string","minLength":2},"min":0,"max":1}},
        "e":{"type":{"key":{"type":"string","enum":["set",["red","green","blue"]]},"min":0,"max":1}},
        "oi":{"type":{"key":"integer","min":0,"max":1}},
        "or":{"type":{"key":"real","min":0,"max":1}},
        "si":{"type":{"key":"integer","min":0,"max":3}},
        "ss":{"type":{"key":"string","min":1,"max":"unlimited"}},
        "m":{"type":{"key":"string","value":"integer","min":0,"max":"unlimited"}},
        "m1":{"type":{"key":"integer","value":"string","min":0,"max":1}},
        "fixed":{"type":"string","mutable":false},
        "shown":{"type":"string","ephemeral":true},
        "strong":{"type":{"key":{"type":"uuid","refTable":"B"},"min":0,"max":"unlimited"}},
        "one":{"type":{"key":{"type":"uuid","refTable":"B"},"min":0,"max":1}},
        "weak":{"type":{"key":{"type":"uuid","refTable":"B","refType":"weak"},"min":0,"max":"unlimited"}},
        "wm":{"type":{"key":"string","value":{"type":"uuid","refTable":"A","refType":"weak"},"min":0,"max":"unlimited"}},
        "u":{"type":{"key":"uuid","min":0,"max":1}}}},
        "B":{"columns":{"name":{"type":"string"},
        "next":{"type":{"key":{"type":"uuid","refTable":"B"},"min":0,"max":1}}}},
        "W":{"isRoot":true,"columns":{"to":{"type":{"key":{"type":"uuid","refTable":"A","refType":"weak"},"min":1,"max":2}}}}
        }}
        """
}
