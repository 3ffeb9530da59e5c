using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Hydra.Primitives;
using Microsoft.Extensions.Logging;

namespace Hydra.Tls;

/// <summary>
/// The certificates of the server, chosen by the name that a client asks for, and read again when their files change: what is no good then leaves
/// the former ones in place. Any thread.
/// </summary>
internal sealed class CertificateStore
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SoonExpired = TimeSpan.FromDays(14);
    private static readonly TimeSpan RefusalPause = TimeSpan.FromSeconds(10);

    private readonly TlsSettings _settings;
    private readonly List<SslApplicationProtocol> _protocols;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LogThrottle _refusals;
    private readonly Lock _lock = new();
    private volatile Loaded _loaded;
    private long _lookedAt;

    /// <summary>Reads all files.</summary>
    /// <param name="settings">Which.</param>
    /// <param name="protocols">What is spoken above TLS, the best first.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told of changes.</param>
    /// <exception cref="TlsException">One is no good.</exception>
    public CertificateStore(TlsSettings settings, IEnumerable<SslApplicationProtocol> protocols, TimeProvider time, ILogger logger)
    {
        _settings = settings;
        _protocols = [.. protocols];
        _time = time;
        _logger = logger;
        _refusals = new LogThrottle(RefusalPause, time);
        _lookedAt = time.GetTimestamp();
        _loaded = Load(null);
        Warn(_loaded);
    }

    /// <summary>How a handshake goes on with a client that asks for this name.</summary>
    /// <param name="host">The name; empty where it asks for none.</param>
    public SslServerAuthenticationOptions For(string host)
    {
        Renew();
        Loaded loaded = _loaded;
        return loaded.Options[Choose(loaded.Certificates, host)];
    }

    /// <summary>Which certificate is for a name: the first that has it, else the first that has "*." in the place of its first label, else the first.</summary>
    public static int Choose(IReadOnlyList<LoadedCertificate> certificates, string host)
    {
        if (host.Length > 0 && certificates.Count > 1)
        {
            foreach (bool isExact in (ReadOnlySpan<bool>)[true, false])
            {
                for (int i = 0; i < certificates.Count; i++)
                {
                    if (certificates[i].IsFor(host, isExact))
                    {
                        return i;
                    }
                }
            }
        }

        return 0;
    }

    // Looks whether the files are those that were read, once in a while and not more than one thread at a time.
    private void Renew()
    {
        long last = Volatile.Read(ref _lookedAt);
        if (_time.GetElapsedTime(last) < LookInterval || Interlocked.CompareExchange(ref _lookedAt, _time.GetTimestamp(), last) != last || _loaded.Stamp.IsCurrent())
        {
            return;
        }

        lock (_lock)
        {
            try
            {
                _loaded = Load(_loaded);
                TlsLog.Renewed(_logger);
                Warn(_loaded);
            }
            catch (TlsException e)
            {
                TlsLog.NotRenewed(_logger, e.Message);

                // Until they change again.
                _loaded = _loaded with { Stamp = Stamp() };
            }
        }
    }

    private FileStamp Stamp() => FileStamp.Of(
        [.. _settings.Certificates.SelectMany(static files => new[] { files.Certificate, files.Key ?? files.Certificate }),
            .. new[] { _settings.Authorities, _settings.Revoked }.OfType<string>()]);

    private Loaded Load(Loaded? former)
    {
        FileStamp stamp = Stamp();
        ClientCheck? check = ClientCheck.Load(_settings);
        SslCertificateTrust? trust = check?.Authorities is { } authorities && !OperatingSystem.IsWindows()
            ? SslCertificateTrust.CreateForX509Collection(authorities, sendTrustInHandshake: true)
            : null;
        LoadedCertificate[] certificates = _settings.Certificates.Count == 0
            ? [former?.Certificates[0] ?? LoadedCertificate.SelfSigned()]
            : [.. _settings.Certificates.Select(files => LoadedCertificate.Load(files, _settings.Password, trust))];
        return new Loaded(stamp, certificates, [.. certificates.Select(certificate => OptionsOf(certificate, check))]);
    }

    private SslServerAuthenticationOptions OptionsOf(LoadedCertificate certificate, ClientCheck? check) => new()
    {
        ServerCertificateContext = certificate.Context,
        ApplicationProtocols = _protocols,
        EnabledSslProtocols = _settings.Versions,
        AllowRenegotiation = false,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CipherSuitesPolicy = _settings.Ciphers is { } ciphers && !OperatingSystem.IsWindows() && !OperatingSystem.IsMacOS() ? new CipherSuitesPolicy(ciphers) : null,
        ClientCertificateRequired = check is not null,
        CertificateChainPolicy = check?.Policy(),
        RemoteCertificateValidationCallback = check is null ? null : (_, shown, chain, errors) => check.Accepts(shown, chain, errors) || Refuse(shown, chain),
    };

    // Who is refused in the handshake learns next to nothing of it: the log is where it can be found out. The name is the client's to choose.
    private bool Refuse(X509Certificate? shown, X509Chain? chain)
    {
        if (_refusals.TryPass(out long others))
        {
            string reason = shown is null ? "it has shown none"
                : chain is { ChainStatus.Length: > 0 } ? string.Join(", ", chain.ChainStatus.Select(static status => status.Status))
                : "it is revoked";
            string more = others > 0 ? $" ({others} more since the last line)" : "";
            TlsLog.Refused(_logger, shown is null ? "none" : ControlText.Escape(shown.Subject), reason, more);
        }

        return false;
    }

    private void Warn(Loaded loaded)
    {
        DateTime now = _time.GetUtcNow().UtcDateTime;
        foreach (LoadedCertificate certificate in loaded.Certificates)
        {
            DateTime end = certificate.Certificate.NotAfter.ToUniversalTime();
            if (end - now < SoonExpired)
            {
                TlsLog.Expires(_logger, string.Join(", ", certificate.Names), end < now ? "has expired" : "expires", end);
            }
        }
    }

    private sealed record Loaded(FileStamp Stamp, IReadOnlyList<LoadedCertificate> Certificates, IReadOnlyList<SslServerAuthenticationOptions> Options);
}
