using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Hydra.Tls;

/// <summary>A certificate that is ready to be shown, and the names that it is for. Immutable.</summary>
internal sealed class LoadedCertificate
{
    private readonly string[] _names;

    private LoadedCertificate(X509Certificate2 certificate, SslStreamCertificateContext context)
    {
        Certificate = certificate;
        Context = context;
        _names = [.. NamesOf(certificate)];
    }

    /// <summary>The certificate.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>It and its chain, as handshakes want them.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>The names that it is for, in lower case; some may begin with "*.".</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>Reads the files.</summary>
    /// <param name="files">Where they are.</param>
    /// <param name="password">What opens the key.</param>
    /// <param name="trust">Whose certificates clients are asked for; null where they are not asked.</param>
    /// <exception cref="TlsException">They cannot be read, or do not belong together.</exception>
    public static LoadedCertificate Load(CertificateFiles files, string? password, SslCertificateTrust? trust)
    {
        string keyFile = files.Key ?? files.Certificate;
        string text = TlsFile.ReadText(files.Certificate);
        string keyText = files.Key is null ? text : TlsFile.ReadText(files.Key);
        try
        {
            bool isEncrypted = keyText.Contains("ENCRYPTED", StringComparison.Ordinal);
            if (isEncrypted && password is null)
            {
                throw new TlsException($"the key in {keyFile} is encrypted: --ssl-keyfile-password opens it.");
            }

            using X509Certificate2 read = isEncrypted
                ? X509Certificate2.CreateFromEncryptedPem(text, keyText, password)
                : X509Certificate2.CreateFromPem(text, keyText);

            // The key of one that was read from text is not kept where Windows' TLS looks for it.
            X509Certificate2 certificate = OperatingSystem.IsWindows()
                ? X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), null)
                : new X509Certificate2(read);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(text);
            return new LoadedCertificate(certificate, SslStreamCertificateContext.Create(certificate, chain, offline: true, trust));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new TlsException(Explain(files, keyFile, text, keyText, e));
        }
    }

    /// <summary>One that nobody has signed but itself, for development.</summary>
    public static LoadedCertificate SelfSigned()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddDnsName("*.localhost");
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        names.AddIpAddress(System.Net.IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        DateTimeOffset now = DateTimeOffset.UtcNow;
        X509Certificate2 made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(365));
        if (OperatingSystem.IsWindows())
        {
            made = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        }

        return new LoadedCertificate(made, SslStreamCertificateContext.Create(made, null, offline: true));
    }

    /// <summary>Whether it is for a host: by its name, or by "*." in the place of the first label (RFC 6125, section 6.4.3).</summary>
    /// <param name="host">The name that the client asks for.</param>
    /// <param name="isExact">Whether the name itself has to be there.</param>
    public bool IsFor(string host, bool isExact)
    {
        int dot = host.IndexOf('.', StringComparison.Ordinal);
        string wanted = isExact ? host : dot > 0 ? "*" + host[dot..] : "";
        return _names.Contains(wanted, StringComparer.OrdinalIgnoreCase);
    }

    private static IEnumerable<string> NamesOf(X509Certificate2 certificate)
    {
        X509SubjectAlternativeNameExtension? names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        return names is null
            ? [certificate.GetNameInfo(X509NameType.SimpleName, false).ToLowerInvariant()]
            : names.EnumerateDnsNames().Select(static name => name.ToLowerInvariant()).Concat(names.EnumerateIPAddresses().Select(static address => address.ToString()));
    }

    // .NET says little of what is wrong.
    private static string Explain(CertificateFiles files, string keyFile, string text, string keyText, Exception e)
        => !text.Contains("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal) ? $"{files.Certificate} has no certificate in PEM: it begins with -----BEGIN CERTIFICATE-----."
            : !keyText.Contains("PRIVATE KEY-----", StringComparison.Ordinal) && files.Key is null ? $"{files.Certificate} has no private key beside the certificate: name its file with --ssl-keyfile."
            : !keyText.Contains("PRIVATE KEY-----", StringComparison.Ordinal) ? $"{keyFile} has no private key in PEM."
            : keyText.Contains("ENCRYPTED", StringComparison.Ordinal) ? $"the key in {keyFile} cannot be opened with this password."
            : e is ArgumentException ? $"the key in {keyFile} is not that of the certificate in {files.Certificate}."
            : $"the certificate in {files.Certificate} and the key in {keyFile} cannot be used: {e.Message}";
}
