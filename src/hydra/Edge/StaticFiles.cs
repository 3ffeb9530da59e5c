using Hydra.Dispatch;
using Hydra.Files;
using Hydra.Http;
using Hydra.Primitives;

namespace Hydra.Edge;

/// <summary>A tree of files and where it is shown.</summary>
/// <param name="Place">The place.</param>
/// <param name="Tree">The files.</param>
internal sealed record StaticPlace(MountPlace Place, StaticTree Tree);

/// <summary>
/// Answers with files in the place of the application. What is in memory is answered at once, on the event loop, without a call of the
/// system; what has to be looked for is, in the thread pool, but for paths of which the kernel knows without a disk that there is nothing. Any thread.
/// </summary>
internal sealed class StaticFiles : EdgePart
{
    private readonly StaticPlace[] _places;
    private readonly HotFiles _hot;
    private readonly StaticAnswer _answer;
    private readonly SpaGate[] _gates;
    private readonly byte[] _outer;
    private readonly bool _asksForHost;
    private RequestHandler _next = null!;

    /// <summary>Describes the part.</summary>
    /// <param name="places">The trees.</param>
    /// <param name="hot">What is kept in memory; its places are numbered as the trees are.</param>
    /// <param name="answer">Writes the answers.</param>
    /// <param name="outerPath">The path that a proxy in front may have left on: empty, or without a slash at its end.</param>
    public StaticFiles(IReadOnlyList<StaticPlace> places, HotFiles hot, StaticAnswer answer, string outerPath)
    {
        _places = [.. places.OrderBy(static place => place.Place, MountPlace.Order)];
        _hot = hot;
        _answer = answer;
        _gates = [.. _places.Select(place => new SpaGate(place.Tree))];
        _outer = System.Text.Encoding.UTF8.GetBytes(outerPath);
        _asksForHost = _places.Any(static place => place.Place.Host.Length > 0);
    }

    /// <summary>What is kept in memory for a path, if it is fresh; null also where the host would have to be looked at.</summary>
    /// <param name="path">The path as it came.</param>
    public FoundFile? Kept(ReadOnlySpan<byte> path)
    {
        if (_asksForHost)
        {
            return null;
        }

        int place = Find("", path);
        if (place < 0 && _outer.Length > 0 && path.StartsWith(_outer))
        {
            path = path[_outer.Length..];
            place = Find("", path);
        }

        return place < 0 ? null : _hot.Fresh(place, path, Environment.TickCount64);
    }

    /// <inheritdoc/>
    public override RequestHandler Before(RequestHandler next)
    {
        _next = next;
        return InvokeAsync;
    }

    private Task InvokeAsync(RequestContext context)
    {
        ReadOnlySpan<byte> path = PoolRoute.PathOf(context);
        ReadOnlySpan<char> host = _asksForHost ? RequestHost.NameOf(context) : "";
        int place = Find(host, path);
        if (place < 0 && _outer.Length > 0 && path.StartsWith(_outer))
        {
            path = path[_outer.Length..];
            place = Find(host, path);
        }

        if (place < 0)
        {
            return _next(context);
        }

        string method = context.Http.Request.Method;
        if (!RequestMethod.IsGet(method) && !RequestMethod.IsHead(method))
        {
            return _places[place].Tree.Source.FallsBack ? _next(context) : _answer.RefuseAsync(context, Failure.NotAllowed);
        }

        long now = Environment.TickCount64;
        return _hot.Fresh(place, path, now) is { } file ? _answer.SendAsync(context, file) : LookAsync(context, place, path, now);
    }

    private int Find(ReadOnlySpan<char> host, ReadOnlySpan<byte> path)
    {
        for (int i = 0; i < _places.Length; i++)
        {
            MountPlace place = _places[i].Place;
            if (place.TakesHost(host) && place.TakesPath(path))
            {
                return i;
            }
        }

        return -1;
    }

    private Task LookAsync(RequestContext context, int place, ReadOnlySpan<byte> path, long now)
    {
        StaticTree tree = _places[place].Tree;
        if (!FilePath.TryRead(path, out string decoded))
        {
            return MissAsync(context, place, path);
        }

        string relative = tree.Relative(decoded);
        if (tree.Probe(relative) is TreeResult.Missing)
        {
            _hot.Forget(place, path);
            return MissAsync(context, place, path);
        }

        return LookAsync(context, place, path.ToArray(), decoded, now);
    }

    private async Task LookAsync(RequestContext context, int place, byte[] path, string decoded, long now)
    {
        // Disks may take their time, and event loops have none.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        StaticTree tree = _places[place].Tree;
        string relative = tree.Relative(decoded);
        switch (tree.Find(relative, decoded[^1] == '/', out FoundFile? file))
        {
            case TreeResult.File:
                using (file)
                {
                    await _answer.SendAsync(context, Keep(place, path, decoded, file!, now)).ConfigureAwait(false);
                }

                break;
            case TreeResult.Redirect:
                await _answer.RedirectAsync(context, path).ConfigureAwait(false);
                break;
            case TreeResult.Listing:
                await _answer.ListAsync(context, tree.List(relative)).ConfigureAwait(false);
                break;
            case TreeResult.Failed:
                await _answer.RefuseAsync(context, Failure.FileUnreadable).ConfigureAwait(false);
                break;
            default:
                _hot.Forget(place, path);
                await MissAsync(context, place, path).ConfigureAwait(false);
                break;
        }
    }

    // One path for each file, and not each way to encode it, of which there is no end. What was kept stays where it is the same: others may
    // be sending it.
    private FoundFile Keep(int place, byte[] path, string decoded, FoundFile file, long now)
    {
        if (_hot.Any(place, path) is { } kept && kept.IsSameAs(file))
        {
            _hot.Confirm(place, path, now);
            return kept;
        }

        if (file.IsInMemory && FilePath.IsEncoded(path, decoded))
        {
            // Compressed once for all that will ask for it; what cannot be kept is not compressed for each of them.
            if (_places[place].Tree.Settings.Compressor is { } compressor && _hot.HasRoomFor(2 * file.MemorySize))
            {
                file = compressor.Complete(file, decoded);
            }

            _hot.Keep(place, path, file, now);
        }

        return file;
    }

    private Task MissAsync(RequestContext context, int place, ReadOnlySpan<byte> path)
    {
        StaticTree tree = _places[place].Tree;
        bool isPage = tree.Settings.Spa is not null && SpaGate.IsPage(context.Http.Request, path);
        if (tree.Source.FallsBack)
        {
            if (isPage)
            {
                context.AddGate(_gates[place]);
            }

            return _next(context);
        }

        return isPage ? SendSpaAsync(context, tree) : _answer.RefuseAsync(context, Failure.NoFile);
    }

    private async Task SendSpaAsync(RequestContext context, StaticTree tree)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using FoundFile? file = tree.FindSpa();
        await (file is null ? _answer.RefuseAsync(context, Failure.NoFile) : _answer.SendAsync(context, file)).ConfigureAwait(false);
    }
}
