using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Hydra.Tests.Tls;

/// <summary>An authority that signs certificates for one test, and writes them as files.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;
    private readonly string _directory;
    private long _serial = 1;

    /// <summary>Makes one.</summary>
    /// <param name="directory">Where the files go.</param>
    /// <param name="name">What it is called.</param>
    public TestAuthority(string directory, string name = "Test Authority")
    {
        _directory = directory;
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(365));
        File = At($"{name.Replace(' ', '-')}.pem");
        System.IO.File.WriteAllText(File, _certificate.ExportCertificatePem());
    }

    /// <summary>Its certificate as a file.</summary>
    public string File { get; }

    /// <summary>Its certificate.</summary>
    public X509Certificate2 Certificate => _certificate;

    /// <summary>Signs a certificate for names, and writes NAME.pem and NAME.key.</summary>
    /// <param name="file">The files' name.</param>
    /// <param name="names">Hosts and addresses; the first is the subject.</param>
    public IssuedFiles Issue(string file, params string[] names) => Issue(file, DateTimeOffset.UtcNow.AddDays(90), names);

    /// <summary>The same with an end of its own.</summary>
    public IssuedFiles Issue(string file, DateTimeOffset end, params string[] names)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(names[0]);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (string name in names)
        {
            if (IPAddress.TryParse(name, out IPAddress? address))
            {
                alternatives.AddIpAddress(address);
            }
            else if (!name.Contains(' ', StringComparison.Ordinal))
            {
                alternatives.AddDnsName(name);
            }
        }

        request.CertificateExtensions.Add(alternatives.Build());
        byte[] serial = BitConverter.GetBytes(IPAddress.HostToNetworkOrder(++_serial));
        serial[0] = 1;
        using X509Certificate2 signed = request.Create(_certificate, DateTimeOffset.UtcNow.AddDays(-1), end, serial);
        var files = new IssuedFiles(At(file + ".pem"), At(file + ".key"), serial, key.ExportPkcs8PrivateKeyPem());
        System.IO.File.WriteAllText(files.Certificate, signed.ExportCertificatePem() + "\n" + _certificate.ExportCertificatePem());
        System.IO.File.WriteAllText(files.Key, files.KeyText);
        System.IO.File.WriteAllText(At(file + ".locked.key"), key.ExportEncryptedPkcs8PrivateKeyPem("open sesame", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        return files;
    }

    /// <summary>Revokes certificates, and writes the list.</summary>
    /// <returns>The file.</returns>
    public string Revoke(bool inText, params IssuedFiles[] revoked)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (IssuedFiles files in revoked)
        {
            list.AddEntry(files.Serial);
        }

        byte[] data = list.Build(_certificate, 1, DateTimeOffset.UtcNow.AddDays(1), HashAlgorithmName.SHA256);
        string path = At("revoked.crl");
        System.IO.File.WriteAllBytes(path, inText ? System.Text.Encoding.ASCII.GetBytes(PemEncoding.WriteString("X509 CRL", data)) : data);
        return path;
    }

    /// <summary>A client that believes this authority alone, and speaks this version of HTTP and no other.</summary>
    public HttpClient Client(Uri address, Version version)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(_certificate);
        return new HttpClient(new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy } })
        {
            BaseAddress = address,
            DefaultRequestVersion = version,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
    }

    private string At(string name) => Path.Combine(_directory, name);
}

/// <summary>A certificate that was signed.</summary>
internal sealed record IssuedFiles(string Certificate, string Key, byte[] Serial, string KeyText)
{
    /// <summary>Key, encrypted with "open sesame".</summary>
    public string LockedKey => Key.Replace(".key", ".locked.key", StringComparison.Ordinal);
}
