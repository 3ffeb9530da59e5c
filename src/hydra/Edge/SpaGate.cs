using Hydra.Files;
using Hydra.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Edge;

/// <summary>
/// Stands behind an application that has the first word about pages that are no files: where it says 404 the page is the single-page
/// application's, whose router knows it.
/// </summary>
/// <param name="tree">Where that is.</param>
internal sealed class SpaGate(StaticTree tree) : ResponseGate
{
    /// <inheritdoc/>
    public override bool Computes => true;

    /// <summary>
    /// Whether somebody wants to see a page: what browsers ask for when they go somewhere, and not what a page asks for. A name with an end is that
    /// of a file, which is not there.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="path">Its path as it came.</param>
    public static bool IsPage(HttpRequest request, ReadOnlySpan<byte> path)
    {
        ReadOnlySpan<byte> name = path[(path.LastIndexOf((byte)'/') + 1)..];
        bool isAsset = name.IndexOf((byte)'.') >= 0 && !name.EndsWith(".html"u8);
        return !isAsset && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> PassAsync(RequestContext context, GatedBody body)
    {
        if (context.Http.Response.StatusCode != StatusCodes.Status404NotFound || tree.FindSpa() is not { } file)
        {
            return false;
        }

        using (file)
        {
            body.Discard();
            context.Http.Response.Headers.Clear();
            context.Http.Response.StatusCode = StatusCodes.Status200OK;
            context.Http.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = null;
            await StaticAnswer.WriteAsync(context, file).ConfigureAwait(false);
        }

        return true;
    }
}
