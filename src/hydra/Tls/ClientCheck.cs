using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Hydra.Tls;

/// <summary>Judges the certificates that clients show. Immutable.</summary>
internal sealed class ClientCheck
{
    private readonly bool _isRequired;
    private readonly RevokedSerials? _revoked;

    private ClientCheck(X509Certificate2Collection? authorities, bool isRequired, RevokedSerials? revoked)
    {
        Authorities = authorities;
        _isRequired = isRequired;
        _revoked = revoked;
    }

    /// <summary>Who may have signed them; null for those whom the system trusts.</summary>
    public X509Certificate2Collection? Authorities { get; }

    /// <summary>Reads the files that it takes; null where clients are not asked.</summary>
    /// <exception cref="TlsException">One cannot be read.</exception>
    public static ClientCheck? Load(TlsSettings settings)
    {
        if (settings.Clients is ClientCertificates.None)
        {
            return null;
        }

        X509Certificate2Collection? authorities = settings.Authorities is { } path ? Read(path) : null;
        return new ClientCheck(authorities, settings.Clients is ClientCertificates.Required, settings.Revoked is { } list ? RevokedSerials.Load(list) : null);
    }

    /// <summary>How chains are built: to the authorities that were named. Revocation is looked up in the lists alone, never in the network.</summary>
    public X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2"));
        if (Authorities is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(Authorities);
        }

        return policy;
    }

    /// <summary>Whether the client is served.</summary>
    /// <param name="certificate">What it has shown; null where that is nothing.</param>
    /// <param name="chain">The chain that was found.</param>
    /// <param name="errors">What is wrong with it.</param>
    public bool Accepts(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null)
        {
            return !_isRequired;
        }

        return errors is SslPolicyErrors.None
            && (_revoked is null || chain is null || !chain.ChainElements.Any(element => _revoked.Contains(element.Certificate)));
    }

    private static X509Certificate2Collection Read(string path)
    {
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPem(TlsFile.ReadText(path));
            return authorities.Count > 0 ? authorities : throw new TlsException($"{path} has no certificate in PEM.");
        }
        catch (CryptographicException e)
        {
            throw new TlsException($"the certificates in {path} cannot be used: {e.Message}");
        }
    }
}
