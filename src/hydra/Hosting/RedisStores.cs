using System.Net.Sockets;
using Hydra.Configuration;
using Hydra.Primitives;
using Hydra.Redis;
using Hydra.State;
using Hydra.Topics;
using Hydra.Transport;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>
/// What applications share that have it in a Redis: one engine for each URL, a prefix for each application, which is the same at all servers that have the same configuration. It needs no handing
/// over in an upgrade: both servers use it.
/// </summary>
/// <param name="logger">Where to say that one is gone.</param>
/// <param name="loops">The loops that connections live on.</param>
/// <param name="applications">All applications that there are.</param>
internal sealed class RedisStores(ILogger logger, FrontLoops loops, IReadOnlyList<ApplicationOptions> applications) : IDisposable
{
    private readonly Dictionary<RedisUrl, RedisEngine> _engines = [];
    private readonly Dictionary<(string Prefix, RedisUrl Url), Shared> _all = [];
    private int _turn;

    /// <summary>What stands in front of all keys of an application.</summary>
    public static string PrefixOf(ApplicationOptions application, IReadOnlyList<ApplicationOptions> all)
    {
        // The directory may be another one at each server and in each release: it says nothing, unless it tells two applications apart. Then their places do.
        ApplicationOptions[] same = [.. all.Where(other => other.App == application.App)];
        bool isLone = Array.TrueForAll(same, other => other.AppDir == application.AppDir);
        string name = isLone ? application.App : $"{application.App}@{Array.Find(same, other => other.AppDir == application.AppDir)!.Place}";
        return $"{application.State.Redis!.Prefix}{name}:";
    }

    /// <summary>What the workers of an application share.</summary>
    /// <param name="application">The application.</param>
    /// <param name="lanes">Of each event loop, what has something run on its thread.</param>
    /// <returns>Null where that is nothing.</returns>
    public SharedState? Of(ApplicationOptions application, IEnumerable<Action<IThreadPoolWorkItem>> lanes)
    {
        SharedStateOptions options = application.State;
        RedisUrl url = options.Redis!;
        if (options.Memory == 0 && options.TopicMemory == 0)
        {
            return null;
        }

        string prefix = PrefixOf(application, applications);
        if (!_all.TryGetValue((prefix, url), out Shared? shared))
        {
            RedisEngine engine = EngineOf(url, options);
            var keys = new RedisKeys(prefix);
            _all[(prefix, url)] = shared = new Shared();
            shared.Store = options.Memory == 0 ? null : new RedisStore(engine, keys, options.Memory, refused => HostingLog.RedisFull(logger, application.App, refused));
            shared.Hub = options.TopicMemory == 0 ? null : new TopicHub(options.TopicMemory, lanes, relay: hub => shared.Topics = new RedisTopics(engine, keys, hub));
        }

        return new SharedState(shared.Store, shared.Hub);
    }

    /// <summary>Looks for all servers, and waits for them.</summary>
    /// <exception cref="StartException">One is there, and cannot be used.</exception>
    public async Task FoundAsync()
    {
        foreach (RedisEngine engine in _engines.Values)
        {
            engine.Start();
        }

        foreach ((RedisUrl url, RedisEngine engine) in _engines)
        {
            try
            {
                await engine.FoundAsync().ConfigureAwait(false);
            }
            catch (RedisException e)
            {
                throw new StartException($"Redis at {url} cannot be used: {e.Message}.");
            }
        }
    }

    /// <summary>The workers have ended: nothing is held any more.</summary>
    public Task LeaveAsync() => Task.WhenAll(_engines.Values.Select(static engine => engine.LeaveAsync()));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Shared shared in _all.Values)
        {
            shared.Hub?.Dispose();
            shared.Store?.Dispose();
        }

        foreach (RedisEngine engine in _engines.Values)
        {
            engine.Dispose();
        }
    }

    private RedisEngine EngineOf(RedisUrl url, SharedStateOptions options)
    {
        if (!_engines.TryGetValue(url, out RedisEngine? engine))
        {
            _engines[url] = engine = new RedisEngine(
                url, Math.Max(options.Memory, options.TopicMemory), ChannelAsync, logger, word => OnWord(url, word), (channel, message) => OnMessage(url, channel, message));
        }

        return engine;
    }

    private Task<LinkChannel> ChannelAsync(Socket socket) => loops.ChannelAsync(socket, (Interlocked.Increment(ref _turn) & int.MaxValue) % loops.Count);

    // L and the key of a lock, C and that of a channel: there is something.
    private void OnWord(RedisUrl url, byte[] word)
    {
        foreach (Shared shared in OfUrl(url))
        {
            if (word.Length > 1 && (shared.Store?.OnWord(word.AsSpan(1)) == true || shared.Topics?.OnWord(word.AsSpan(1)) == true))
            {
                return;
            }
        }
    }

    private void OnMessage(RedisUrl url, byte[] channel, byte[] message)
    {
        foreach (Shared shared in OfUrl(url))
        {
            if (shared.Topics?.OnMessage(channel, message) == true)
            {
                return;
            }
        }
    }

    private IEnumerable<Shared> OfUrl(RedisUrl url) => _all.Where(one => one.Key.Url == url).Select(static one => one.Value);

    private sealed class Shared
    {
        public RedisStore? Store { get; set; }

        public TopicHub? Hub { get; set; }

        public RedisTopics? Topics { get; set; }
    }
}
