using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Hydra.Tests.Functional.Harness;

/// <summary>The published server, running, with a directory of its own. Disposing of it stops it the way an operator would.</summary>
public sealed partial class HydraServer : IAsyncDisposable
{
    private readonly RunningCommand _command;
    private readonly TestDirectory _directory;

    private HydraServer(ServerSpec spec, RunningCommand command, TestDirectory directory)
    {
        Spec = spec;
        _command = command;
        _directory = directory;
        Board = new Board(directory.Path);
    }

    /// <summary>How it was started.</summary>
    public ServerSpec Spec { get; }

    /// <summary>What it wrote.</summary>
    public LogBook Log => _command.Log;

    /// <summary>The front's process.</summary>
    public int Pid => _command.Pid;

    /// <summary>Gates and records of its application.</summary>
    public Board Board { get; }

    /// <summary>The directory below which its private directories are.</summary>
    public string RuntimeDirectory => System.IO.Path.Combine(_directory.Path, "run");

    /// <summary>The path of a file in its working directory.</summary>
    public string FilePath(string name) => System.IO.Path.Combine(_directory.Path, name);

    /// <summary>Its address, once it is ready.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>A client that keeps no cookies and follows no redirects.</summary>
    public HttpClient Client { get; private set; } = null!;

    /// <summary>Starts a server and waits until it is ready.</summary>
    public static async Task<HydraServer> StartAsync(ServerSpec spec)
    {
        HydraServer server = await LaunchAsync(spec);
        try
        {
            await server.WaitUntilReadyAsync();
            return server;
        }
        catch
        {
            await server._command.DisposeAsync();
            server._directory.Dispose();
            throw;
        }
    }

    /// <summary>Starts a server that may not get ready.</summary>
    public static async Task<HydraServer> LaunchAsync(ServerSpec spec)
    {
        if (!File.Exists(Repository.Executable))
        {
            throw new InvalidOperationException($"{Repository.Executable} does not exist: run build/publish.sh first, or set HYDRA_BIN");
        }

        var directory = new TestDirectory();
        string runtime = Directory.CreateDirectory(System.IO.Path.Combine(directory.Path, "run")).FullName;
        if (spec.Prepare is not null)
        {
            await spec.Prepare(directory.Path);
        }

        var variables = new Dictionary<string, string?> { ["PROBE_DIR"] = directory.Path, ["HYDRA_RUNTIME_DIR"] = runtime };
        foreach ((string name, string? value) in spec.Variables)
        {
            variables[name] = value;
        }

        var command = new RunningCommand(
            [.. spec.Launcher, Repository.Executable, .. spec.AllArguments()], spec.WorkingDirectory ?? directory.Path, variables);
        return new HydraServer(spec, command, directory);
    }

    /// <summary>Waits for the line that says where it serves.</summary>
    public async Task WaitUntilReadyAsync()
    {
        Address = await Eventually.FindAsync(FindAddress, "the server's address in its log", () => Log.Text);
        Client = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, UseProxy = false })
        {
            BaseAddress = Address,
            Timeout = Eventually.Limit,
        };
    }

    /// <summary>A connection for requests that are written byte by byte.</summary>
    public Task<RawConnection> ConnectAsync(int? receiveBuffer = null) => RawConnection.OpenAsync(Address.Port, receiveBuffer);

    /// <summary>Connects to a Unix socket in its directory, as soon as there is one.</summary>
    public async Task<RawConnection> ConnectToUnixAsync(string name)
    {
        string path = System.IO.Path.Combine(_directory.Path, name);

        // The file is there when it is bound, and somebody listens a moment later.
        return await Eventually.FindAsync(() => RawConnection.TryOpenUnix(path), $"somebody who listens at {name}", () => Log.Text);
    }

    /// <summary>The ids of its workers' processes.</summary>
    public IReadOnlyList<int> WorkerPids() => [.. _command.Tree().Where(pid => pid != Pid && IsWorker(pid))];

    /// <summary>The front's process where another program has started it.</summary>
    public int FrontPid() => _command.Tree().Single(pid => Processes.CommandLine(pid).StartsWith(Repository.Executable, StringComparison.Ordinal));

    /// <summary>Everything that runs for it.</summary>
    public IReadOnlyList<int> Tree() => _command.Tree();

    /// <summary>Signals the front.</summary>
    public void Signal(int signal) => Processes.Signal(Pid, signal);

    /// <summary>Waits until it has ended, with all that it started.</summary>
    public Task<int> ExitAsync() => _command.ExitAsync();

    /// <summary>SIGTERM, and the exit code.</summary>
    public Task<int> StopAsync()
    {
        Signal(Processes.Terminate);
        return ExitAsync();
    }

    /// <summary>Fails when the log has errors that no test expected.</summary>
    public void AssertNoUnexpectedErrors()
    {
        IReadOnlyList<string> errors = Log.TakeUnexpectedErrors();
        Assert.True(errors is [], "unexpected errors in the log:\n" + string.Join('\n', errors) + RecentFailures.Describe());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        try
        {
            if (!_command.HasExited)
            {
                Assert.Equal(0, await StopAsync());
            }

            Assert.Empty(_command.Tree());
            AssertNoUnexpectedErrors();
        }
        finally
        {
            await _command.DisposeAsync();
            _directory.Dispose();
        }
    }

    // It has another title as soon as it knows which worker it is.
    private static bool IsWorker(int pid)
        => Processes.CommandLine(pid) is { } line && (line.Contains("hydra_shim", StringComparison.Ordinal) || line.StartsWith("hydra: ", StringComparison.Ordinal));

    private Uri? FindAddress()
    {
        if (_command.HasExited)
        {
            throw new InvalidOperationException("the server ended before it was ready; it wrote:\n" + Log.Text);
        }

        Match match = AddressPattern().Match(Log.Text);
        return match.Success ? new Uri(string.Create(CultureInfo.InvariantCulture, $"{match.Groups[1].Value}://127.0.0.1:{match.Groups[2].Value}")) : null;
    }

    [GeneratedRegex(@"(?<!dashboard is at |traces go to |collector at )(https?|s?uwsgi)://[^\s/]+:(\d+)")]
    private static partial Regex AddressPattern();
}
