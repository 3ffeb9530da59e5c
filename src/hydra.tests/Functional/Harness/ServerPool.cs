using Xunit;

namespace Hydra.Tests.Functional.Harness;

/// <summary>Servers that the tests of a class share, each started when it is first asked for. Tests of a class run one after the other.</summary>
public sealed class ServerPool : IAsyncLifetime
{
    private readonly Dictionary<string, HydraServer> _servers = [];

    /// <summary>The running servers.</summary>
    public IEnumerable<HydraServer> Servers => _servers.Values;

    /// <summary>The server that was started like this.</summary>
    public async Task<HydraServer> GetAsync(ServerSpec spec)
    {
        string key = string.Join(' ', spec.AllArguments());
        if (!_servers.TryGetValue(key, out HydraServer? server))
        {
            _servers[key] = server = await HydraServer.StartAsync(spec);
        }

        return server;
    }

    /// <inheritdoc/>
    public Task InitializeAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        List<Exception> problems = [];
        foreach (HydraServer server in _servers.Values)
        {
            try
            {
                await server.DisposeAsync();
            }
            catch (Exception e)
            {
                problems.Add(e);
            }
        }

        if (problems.Count > 0)
        {
            throw new AggregateException(problems);
        }
    }
}

/// <summary>Tests that share servers: each fails on an error in their logs that it did not expect.</summary>
public abstract class PooledTests(ServerPool pool) : IClassFixture<ServerPool>, IAsyncLifetime
{
    /// <summary>The servers.</summary>
    protected ServerPool Pool { get; } = pool;

    /// <inheritdoc/>
    public Task InitializeAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public Task DisposeAsync()
    {
        foreach (HydraServer server in Pool.Servers)
        {
            server.AssertNoUnexpectedErrors();
        }

        return Task.CompletedTask;
    }
}
