/// The release of this software: what `rookery --version` and switches' descriptions (`ofp_desc`) say.
public enum Release {
    public static let version = "0.2.0"
}
