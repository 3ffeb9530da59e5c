using System.Globalization;
using System.Text;
using Hydra.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Hydra.Edge;

/// <summary>
/// What a response is kept under: all that applications are told of a request beside its fields, of which they say themselves by which of them a
/// response varies. Scheme, host and path may be those that a trusted proxy names.
/// </summary>
/// <param name="Place">Scheme, host and port, and the paths below which a proxy shows it: all of the URI but the target.</param>
/// <param name="Target">The target, with the query.</param>
/// <param name="Who">Who asks, where a certificate or a trusted proxy says it: he has responses of his own. Mostly empty.</param>
internal sealed record CacheKey(string Place, string Target, string Who)
{
    /// <summary>What all keep under it, whoever asks: that is forgotten together.</summary>
    public string Uri { get; } = $"{Place}\n{Target}";

    /// <summary>The key as one text.</summary>
    public string Whole { get; } = $"{Place}\n{Target}{Who}";

    /// <summary>The key of a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="toldBy">Fields by which a proxy tells applications who asks, beside those that the front reads.</param>
    public static CacheKey Of(RequestContext context, IReadOnlyList<string> toldBy)
    {
        RequestFacts facts = context.Facts;
        string who = facts.Tls is { ClientCertificate.Length: > 0 } tls ? "\n" + tls.ClientCertificate : "";
        foreach (string name in toldBy)
        {
            if (context.Http.Request.Headers.TryGetValue(name, out StringValues value))
            {
                who += $"\n{name}\n{value}";
            }
        }

        string place = string.Create(CultureInfo.InvariantCulture,
            $"{facts.Scheme}\n{RequestHost.Of(context).Value?.ToLowerInvariant()}\n{facts.ServerPort}\n{facts.OuterPath}\n{facts.RootPath}\n{facts.PathPrefix}");
        return new CacheKey(place, context.Http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, who);
    }

    /// <summary>
    /// The key of what a response names as its Location or Content-Location, where that is of the same origin (RFC 9111, section 4.4); null where
    /// it is not, or is no reference.
    /// </summary>
    /// <param name="context">The request that was answered.</param>
    /// <param name="reference">The field's value.</param>
    public CacheKey? Named(RequestContext context, string reference)
    {
        string origin = $"{context.Facts.Scheme}://{RequestHost.Of(context).Value}";
        string path = Encoding.Latin1.GetString(PoolRoute.TargetOf(context));
        if (reference.Length == 0 || !System.Uri.TryCreate(origin + (path.StartsWith('/') ? path : "/"), UriKind.Absolute, out Uri? own)
            || !System.Uri.TryCreate(own, reference, out Uri? named) || named.GetLeftPart(UriPartial.Authority) != own.GetLeftPart(UriPartial.Authority))
        {
            return null;
        }

        return new CacheKey(Place, named.PathAndQuery, Who);
    }
}
