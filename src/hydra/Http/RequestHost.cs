using System.Text;

namespace Hydra.Http;

/// <summary>The host that a request is for.</summary>
internal static class RequestHost
{
    /// <summary>The host with its port, as the application is going to read it.</summary>
    /// <remarks>What a believed proxy says, then a target that names one (RFC 9112, section 3.2.2), then the field.</remarks>
    public static HostString Of(RequestContext context)
    {
        if (context.Facts.Host is { } told)
        {
            return new HostString(told);
        }

        ReadOnlySpan<byte> authority = RequestTarget.AuthorityOf(PoolRoute.TargetOf(context));
        return !authority.IsEmpty ? new HostString(Encoding.Latin1.GetString(authority))
            : context.SentHost() is { } sent ? new HostString(sent)
            : context.Http.Request.Host;
    }

    /// <summary>The host without its port; empty where the request names none.</summary>
    public static string NameOf(RequestContext context) => Of(context) is { HasValue: true } host ? host.Host : "";
}
