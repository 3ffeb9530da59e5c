using Hydra.Primitives;
using Hydra.Tls;

namespace Hydra.Configuration;

/// <summary>What the options about TLS have to do with each other.</summary>
internal static class TlsRules
{
    /// <summary>Sees whether addresses fit.</summary>
    /// <param name="binds">Where the server listens.</param>
    /// <param name="options">The options.</param>
    /// <param name="fail">Told what does not, a sentence each.</param>
    public static void Check(IReadOnlyList<BindAddress> binds, TlsOptions options, Action<string> fail)
    {
        if (!options.IsOn && binds.FirstOrDefault(static bind => bind.IsTls is true) is { } secure)
        {
            fail($"--bind {(secure.IsUwsgi is true ? "suwsgi" : "https")}://{secure} needs a certificate: --ssl-certfile names one, and --ssl-self-signed makes one.");
        }
        else if (options.IsOn && binds.Count > 0 && binds.All(static bind => bind.IsTls is false))
        {
            fail("There is a certificate, and each --bind says http:// or uwsgi://: TLS is spoken at none of the addresses.");
        }
    }

    /// <summary>Sees whether HTTP/3 can be had.</summary>
    /// <param name="options">The server's options.</param>
    /// <param name="fail">Told why not, a sentence each.</param>
    public static void CheckHttp3(ServerOptions options, Action<string> fail)
    {
        if (!options.Http2.HasHttp3)
        {
            return;
        }

        if (!options.Tls.IsOn)
        {
            fail("HTTP/3 (--http-protocols) is always encrypted: --ssl-certfile names a certificate, and --ssl-self-signed makes one.");
        }

        if (options.Tls.Clients is not ClientCertificates.None)
        {
            // Its library refuses good ones, too.
            fail("Certificates of clients (--ssl-cert-reqs) are not taken over HTTP/3 (--http-protocols): choose one of them.");
        }

        if (options.Proxies.Versions is not ProxyVersions.None)
        {
            fail("HTTP/3 (--http-protocols) has no room for the PROXY protocol: choose one of them.");
        }
    }

    /// <summary>What may be meant otherwise.</summary>
    /// <param name="options">The server's options.</param>
    public static IEnumerable<string> Warnings(ServerOptions options)
    {
        ProxyOptions proxies = options.Proxies;
        bool mayHearOfHttps = (proxies.ReadsHeaders && proxies.Aspects.HasFlag(ForwardedAspects.Proto)) || proxies.Versions is not ProxyVersions.None;
        if (options.Answers.RedirectsHttps && !options.Tls.IsOn && !mayHearOfHttps)
        {
            yield return "--redirect-https sends every request away: TLS is spoken at no address, and no proxy is believed that says https";
        }
    }

    /// <summary>Sees whether they fit.</summary>
    /// <param name="options">The options.</param>
    /// <param name="fail">Told what does not, a sentence each.</param>
    public static void Check(TlsOptions options, Action<string> fail)
    {
        if (options.Keys.Count > 0 && options.Certificates.Count == 0)
        {
            fail("--ssl-keyfile is the key of a certificate: name that with --ssl-certfile.");
        }
        else if (options.Keys.Count > 0 && options.Keys.Count != options.Certificates.Count)
        {
            fail($"--ssl-certfile is given {options.Certificates.Count} times and --ssl-keyfile {options.Keys.Count} times: each certificate has a key, in the same order.");
        }
        else if (options.IsSelfSigned && options.Certificates.Count > 0)
        {
            fail("--ssl-self-signed makes a certificate, and --ssl-certfile names one: choose.");
        }
        else if (!options.IsOn && (options.Clients is not ClientCertificates.None || options.Authorities is not null || options.Revoked is not null))
        {
            fail("clients show certificates where TLS is spoken: --ssl-certfile names the server's own.");
        }
        else if (!options.IsOn && (options.OnlyNewest || options.Ciphers is not null || options.Password is not null))
        {
            fail("TLS is not spoken, and options say how: --ssl-certfile names a certificate.");
        }
        else if (options.Clients is ClientCertificates.None && (options.Authorities is not null || options.Revoked is not null))
        {
            fail("--ssl-ca-certs and --ssl-crl are about certificates of clients, which are asked for with --ssl-cert-reqs.");
        }
    }
}
