final class DatabaseLog { func append(_ t: Transaction) throws(OVSDBError) {}; func sync() throws(OVSDBError) {} }
