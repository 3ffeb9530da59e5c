using System.Security.Cryptography;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Load;

/// <summary>Many requests at a time: none fails, none gets another's answer.</summary>
[Collection(nameof(AloneCollection))]
public sealed class ManyConnectionsTests
{
    private const int Connections = 256;
    private const int Requests = 10_000;

    [Theory]
    [InlineData("asgi_probe:app", "uds", 1)]
    [InlineData("asgi_probe:app", "tcp", 1)]
    [InlineData("wsgi_probe:bare", "uds", 4)]
    [InlineData("wsgi_probe:bare", "tcp", 1)]
    public async Task Requests_OverManyConnections_AreEachAnsweredWithTheirProof(string app, string transport, int threads)
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec(app)
        {
            Workers = 2,
            WorkerTransport = transport,
            Arguments = ["--threads", $"{threads}"],
        });
        int next = 0;
        var workers = new int[2];
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            await using RawConnection connection = await server.ConnectAsync();
            for (int i = Interlocked.Increment(ref next); i <= Requests; i = Interlocked.Increment(ref next))
            {
                Interlocked.Increment(ref workers[await ProveAsync(connection, i)]);
            }
        })));

        Assert.Equal(Requests, workers.Sum());
        Assert.All(workers, count => Assert.NotEqual(0, count));
    }

    // Most bodies fit into one frame with their head; each hundredth does not.
    private static async Task<int> ProveAsync(RawConnection connection, int number)
    {
        byte[] body = RandomNumberGenerator.GetBytes(number % 100 == 0 ? 200_000 : number % 7 * 100);
        await connection.SendAsync($"POST /prove/{number} HTTP/1.1\r\nHost: a\r\nX-Request: r{number}\r\nContent-Length: {body.Length}\r\n\r\n");
        await connection.SendAsync(body);
        RawResponse response = await connection.ReadResponseAsync();
        string[] proof = response.Text.Split(' ');

        Assert.True(response.Status == 200, response.StatusLine);
        Assert.Equal([$"{number}", $"r{number}", $"{body.Length}", Convert.ToHexStringLower(SHA256.HashData(body))], proof[..4]);
        return int.Parse(proof[4], System.Globalization.CultureInfo.InvariantCulture);
    }
}
