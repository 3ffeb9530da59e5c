using System.Globalization;
using System.Text;
using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Primitives;

namespace Hydra.Edge;

/// <summary>Sends requests that came by http to https, whether the server or a proxy in front speaks it.</summary>
/// <param name="port">The port of https.</param>
/// <param name="exempt">Paths that are served over http as well, with all below them. One with steps (..) in it is below none: where it leads is for others to say.</param>
internal sealed class HttpsRedirect(int port, IReadOnlyList<MountPlace> exempt) : EdgePart
{
    private readonly string _port = port == 443 ? "" : string.Create(CultureInfo.InvariantCulture, $":{port}");

    /// <inheritdoc/>
    public override RequestHandler Before(RequestHandler next) => context => context.Facts.Scheme != "http" || IsExempt(context) ? next(context) : AnswerAsync(context);

    private bool IsExempt(RequestContext context)
    {
        ReadOnlySpan<byte> path = PoolRoute.PathOf(context);
        if (exempt.Count > 0 && !RequestPath.HasSteps(path))
        {
            foreach (MountPlace place in exempt)
            {
                if (place.TakesPath(path))
                {
                    return true;
                }
            }
        }

        // It asks about the server as a whole (RFC 9110, section 9.3.7), or is no path at all.
        return path.IsEmpty ? PoolRoute.TargetOf(context).IsEmpty : path[0] != '/';
    }

    private Task AnswerAsync(RequestContext context)
    {
        string host = RequestHost.NameOf(context);
        if (host.Length == 0 || host.Contains('/', StringComparison.Ordinal))
        {
            return FrontAnswer.RefuseAsync(context, Failure.OtherHost);
        }

        ReadOnlySpan<byte> target = PoolRoute.TargetOf(context);
        int authority = RequestTarget.AuthorityOf(target).Length;
        string rest = Encoding.Latin1.GetString(authority == 0 ? target : target[(target.IndexOf("://"u8) + 3 + authority)..]);
        return Redirection.AnswerAsync(context, Redirection.PermanentFor(context.Http.Request.Method), $"https://{host}{_port}{(rest.StartsWith('/') ? "" : "/")}{rest}");
    }
}
