using System.Collections.Concurrent;

namespace Hydra.Tests.Functional.Harness;

/// <summary>
/// Clients that send requests without a pause: most on connections that they keep as long as the server does, some on a new one each
/// time. A request that is not answered with what it asked for is a failure.
/// </summary>
public sealed class KeepAliveLoad : IAsyncDisposable
{
    private readonly Func<Task<RawConnection>> _connect;
    private readonly Task _clients;
    private readonly ConcurrentQueue<string> _failures = [];
    private readonly ConcurrentQueue<string> _refused = [];
    private volatile bool _ends;
    private int _answered;

    /// <summary>Starts the clients.</summary>
    public KeepAliveLoad(Func<Task<RawConnection>> connect, int keeping, int fresh)
    {
        _connect = connect;
        _clients = Task.WhenAll([
            .. Enumerable.Range(0, keeping).Select(i => Task.Run(() => RunAsync($"keep{i}", keeps: true))),
            .. Enumerable.Range(0, fresh).Select(i => Task.Run(() => RunAsync($"fresh{i}", keeps: false)))]);
    }

    /// <summary>Requests that were answered.</summary>
    public int Answered => Volatile.Read(ref _answered);

    /// <summary>Clients that ended because they could not connect, and why.</summary>
    public IReadOnlyCollection<string> Refused => _refused;

    /// <summary>Waits for this many more answers.</summary>
    public Task MoreAsync(int count)
    {
        int goal = Answered + count;
        return Eventually.HoldsAsync(() => Answered >= goal || !_failures.IsEmpty || !_refused.IsEmpty, $"{count} more answers");
    }

    /// <summary>Ends the clients, each after the answer it waits for.</summary>
    /// <returns>What went wrong.</returns>
    public async Task<IReadOnlyList<string>> EndAsync()
    {
        _ends = true;
        await _clients;
        return [.. _failures];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await EndAsync();

    private async Task RunAsync(string name, bool keeps)
    {
        RawConnection? connection = null;
        for (int i = 0; !_ends; i++)
        {
            if (connection is null)
            {
                try
                {
                    connection = await _connect();
                }
                catch (System.Net.Sockets.SocketException e)
                {
                    _refused.Enqueue($"{name}: {e.Message}");
                    return;
                }
            }

            if (!await AskAsync(connection, $"{name}-{i}", keeps))
            {
                await connection.DisposeAsync();
                connection = null;
            }
        }

        if (connection is not null)
        {
            await connection.DisposeAsync();
        }
    }

    // Whether the connection can be used again.
    private async Task<bool> AskAsync(RawConnection connection, string key, bool keeps)
    {
        try
        {
            await connection.GetAsync($"/echo-path/{key}", keeps ? "" : "Connection: close\r\n");
            RawResponse response = await connection.ReadResponseAsync();
            if (response.Status == 200 && response.IsComplete && response.Text == key)
            {
                Interlocked.Increment(ref _answered);
            }
            else
            {
                _failures.Enqueue($"{key}: {response.StatusLine} {response.Text}");
            }

            return response.Value("Connection") != "close";
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            _failures.Enqueue($"{key}: {e.Message}");
            return false;
        }
    }
}
