import NIOSSL

/// The files that prove who we are and tell whom to believe (PEM), as Open vSwitch's SSL table names them.
public struct TLSMaterial: Hashable, Sendable {
    public var privateKey: String
    public var certificate: String
    /// The authority that must have signed the peer's certificate; nil: any peer is believed.
    public var authority: String?

    public init(privateKey: String, certificate: String, authority: String?) {
        self.privateKey = privateKey
        self.certificate = certificate
        self.authority = authority
    }

    /// Peers know each other by the authority alone, as Open vSwitch's do: no host names in certificates.
    func context(server: Bool) throws(StreamError) -> NIOSSLContext {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(certificate).map { NIOSSLCertificateSource.certificate($0) }
            let key = NIOSSLPrivateKeySource.privateKey(try NIOSSLPrivateKey(file: privateKey, format: .pem))
            var configuration =
                server
                ? TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: key)
                : TLSConfiguration.makeClientConfiguration()
            configuration.certificateChain = chain
            configuration.privateKey = key
            if let authority {
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authority))
                configuration.certificateVerification = .noHostnameVerification
            } else {
                configuration.certificateVerification = .none
            }
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw StreamError(
                "cannot use the TLS files \(privateKey), \(certificate)\(authority.map { ", \($0)" } ?? ""): \(error)")
        }
    }
}
