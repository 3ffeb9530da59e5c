using System.Net.Security;
using System.Security.Authentication;

namespace Hydra.Tls;

/// <summary>Whether clients show certificates.</summary>
internal enum ClientCertificates
{
    /// <summary>They are not asked.</summary>
    None,

    /// <summary>They are asked; who shows none is served, who shows one that is not good is not.</summary>
    Optional,

    /// <summary>Who shows none that is good is not served.</summary>
    Required,
}

/// <summary>A certificate and its key, as files in PEM.</summary>
/// <param name="Certificate">The certificate, with those that it is signed by behind it.</param>
/// <param name="Key">Its private key; null where it is in the same file.</param>
internal sealed record CertificateFiles(string Certificate, string? Key);

/// <summary>How TLS is spoken.</summary>
internal sealed record TlsSettings
{
    /// <summary>The certificates, of which the first is for clients that ask for no name or another.</summary>
    public required IReadOnlyList<CertificateFiles> Certificates { get; init; }

    /// <summary>What opens encrypted keys; null for keys that are not.</summary>
    public string? Password { get; init; }

    /// <summary>Whether clients show certificates.</summary>
    public ClientCertificates Clients { get; init; }

    /// <summary>The file of the authorities that clients' certificates may be signed by; null for the system's.</summary>
    public string? Authorities { get; init; }

    /// <summary>The file of certificates that are revoked; null for none.</summary>
    public string? Revoked { get; init; }

    /// <summary>The versions that are spoken.</summary>
    public SslProtocols Versions { get; init; } = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>The cipher suites that are spoken, the best first; null for the library's own choice.</summary>
    public IReadOnlyList<TlsCipherSuite>? Ciphers { get; init; }
}
