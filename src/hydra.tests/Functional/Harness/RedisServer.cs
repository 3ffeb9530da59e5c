using System.Diagnostics;
using System.Net.Sockets;
using System.Reflection;
using Hydra.Redis;
using Xunit;
using Xunit.Sdk;

namespace Hydra.Tests.Functional.Harness;

/// <summary>A Redis of a test's own, at a socket in a directory of its own.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private static readonly string? Executable = new[] { "/usr/bin/redis-server", "/usr/bin/valkey-server" }.FirstOrDefault(File.Exists);

    private readonly TestDirectory _directory = new();
    private readonly string[] _arguments;
    private Process? _process;

    private RedisServer(string[] arguments)
    {
        _arguments = arguments;
        Path = System.IO.Path.Combine(_directory.Path, "redis.sock");
    }

    /// <summary>Why there is none; null where there is.</summary>
    public static string? Obstacle { get; } = Executable is not null ? null : "/usr/bin/redis-server is not installed";

    /// <summary>Its socket.</summary>
    public string Path { get; }

    /// <summary>What --state gets.</summary>
    public string Url => $"unix://{Path}";

    /// <summary>Its process.</summary>
    public int Pid => _process!.Id;

    /// <summary>Starts one.</summary>
    public static async Task<RedisServer> StartAsync(params string[] arguments)
    {
        RedisServer server = Prepare(arguments);
        await server.StartAsync();
        return server;
    }

    /// <summary>One that is not started yet.</summary>
    public static RedisServer Prepare(params string[] arguments) => new(arguments);

    /// <summary>Starts it, perhaps again: it has forgotten everything.</summary>
    public async Task StartAsync()
    {
        string[] all = ["--port", "0", "--unixsocket", Path, "--save", "", "--dir", _directory.Path, .. _arguments];
        _process = Process.Start(new ProcessStartInfo(Executable!, all) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _process.OutputDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginErrorReadLine();
        await Eventually.HoldsAsync(Answers, "a Redis that answers");
    }

    /// <summary>Kills it.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        File.Delete(Path);
    }

    /// <summary>Asks it something.</summary>
    internal RespValue Ask(params string[] words)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(Path));
        using var connection = new RedisConnection(socket, null);
        return connection.Ask(RespWriter.Command(words));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        _directory.Dispose();
    }

    private bool Answers()
    {
        try
        {
            return Ask("PING").Kind is not RespKind.Null;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

/// <summary>Where a test has its shared state: in the server's memory, or in a Redis of its own.</summary>
public sealed class StateEngine : IAsyncDisposable
{
    private RedisServer? _redis;

    /// <summary>The Redis.</summary>
    public RedisServer Redis => _redis!;

    /// <summary>What a server is told of it.</summary>
    public IReadOnlyList<string> Arguments => _redis is null ? [] : ["--state", _redis.Url];

    /// <summary>Starts one: memory, or redis.</summary>
    public static async Task<StateEngine> StartAsync(string name) => new() { _redis = name == "redis" ? await RedisServer.StartAsync() : null };

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _redis?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>The data of a test over Redis: "redis", and what else it gets; skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class RedisDataAttribute : DataAttribute
{
    private readonly object?[] _data;

    public RedisDataAttribute(params object?[]? data)
    {
        _data = ["redis", .. data ?? [null]];
        Skip = RedisServer.Obstacle;
    }

    /// <inheritdoc/>
    public override IEnumerable<object?[]> GetData(MethodInfo testMethod) => [_data];
}

/// <summary>A test over Redis; skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RedisFactAttribute : FactAttribute
{
    public RedisFactAttribute() => Skip = RedisServer.Obstacle!;
}

/// <summary>A test with data over Redis; skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RedisTheoryAttribute : TheoryAttribute
{
    public RedisTheoryAttribute() => Skip = RedisServer.Obstacle!;
}
