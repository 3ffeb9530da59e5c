using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Hydra.Coding;
using Hydra.Tests.Coding;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Coding;

/// <summary>What clients see of <c>--compress</c>.</summary>
public sealed class CompressionTests(ServerPool servers) : IClassFixture<ServerPool>
{
    private static readonly ServerSpec Spec = new("coded:app") { Arguments = ["--compress", "--compress-exclude", "/secret"] };

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task Compress_Curl_DecodesEachCoding(string coding)
    {
        HydraServer server = await servers.GetAsync(Spec);
        string plain = await server.GetTextAsync("/");
        foreach ((string path, string length) in (IEnumerable<(string, string)>)[("", "short"), ("file", "long")])
        {
            using var directory = new TestDirectory();
            await using var curl = new RunningCommand(
                ["curl", "--silent", "--show-error", "--fail", "--compressed", "--header", $"Accept-Encoding: {coding}", "--dump-header", "head", "--output", "got", $"{server.Address}{path}"],
                directory.Path, new Dictionary<string, string?>());
            Assert.Equal(0, await curl.ExitAsync());
            string head = await File.ReadAllTextAsync(Path.Combine(directory.Path, "head"));
            string got = await File.ReadAllTextAsync(Path.Combine(directory.Path, "got"));

            Assert.Contains($"Content-Encoding: {coding}\r\n", head, StringComparison.Ordinal);
            Assert.Contains("Vary: Accept-Encoding\r\n", head, StringComparison.Ordinal);
            if (length == "short")
            {
                Assert.Equal(plain, got);
            }
            else
            {
                Assert.EndsWith("line 19999 of a file\n", got, StringComparison.Ordinal);
                Assert.Equal(20_000, got.Count(static c => c == '\n'));
            }
        }
    }

    [Fact]
    public async Task Compress_PythonsClient_DecodesAStreamPieceByPiece()
    {
        HydraServer server = await servers.GetAsync(Spec);
        using var directory = new TestDirectory();
        string key = Board.NewKey();
        await File.WriteAllTextAsync(Path.Combine(directory.Path, "client.py"), $"""
            import http.client, sys, zlib
            connection = http.client.HTTPConnection("127.0.0.1", {server.Address.Port})
            connection.request("GET", "/stream?{key}", headers={"{"}"Accept-Encoding": "gzip"{"}"})
            response = connection.getresponse()
            assert response.getheader("Content-Encoding") == "gzip", response.getheaders()
            decoder = zlib.decompressobj(31)
            while piece := response.read1():
                print(decoder.decompress(piece).decode(), end="", flush=True, file=sys.stderr)
            assert decoder.eof
            """);
        await using var client = new RunningCommand([Repository.Python, "client.py"], directory.Path, new Dictionary<string, string?>());
        for (int i = 0; i < 3; i++)
        {
            string piece = $"piece {i}";
            await Eventually.HoldsAsync(() => client.Log.Text.Contains(piece, StringComparison.Ordinal), piece, () => client.Log.Text);
            server.Board.Open($"{key}-{i}");
        }

        Assert.Equal(0, await client.ExitAsync());
        Assert.Contains("end", client.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compress_WhatIsNotForIt_IsLeftAlone()
    {
        HydraServer server = await servers.GetAsync(Spec);
        foreach (string path in (string[])["/png", "/no-transform", "/secret"])
        {
            using HttpResponseMessage response = await AskAsync(server, path, "gzip");
            Assert.Empty(response.Content.Headers.ContentEncoding);
            Assert.Empty(response.Headers.Vary);
        }
    }

    [Fact]
    public async Task Compress_ConditionalRequests_KnowTheWeakenedTag()
    {
        HydraServer server = await servers.GetAsync(Spec);
        using HttpResponseMessage first = await AskAsync(server, "/document", "br");
        EntityTagHeaderValue tag = first.Headers.ETag!;
        Assert.True(tag.IsWeak);

        using var again = new HttpRequestMessage(HttpMethod.Get, "/document") { Headers = { IfNoneMatch = { tag } } };
        using HttpResponseMessage unchanged = await server.Client.SendAsync(again);
        Assert.Equal((HttpStatusCode.NotModified, tag), (unchanged.StatusCode, unchanged.Headers.ETag));

        using var write = new HttpRequestMessage(HttpMethod.Put, "/document") { Headers = { { "If-Match", tag.ToString() } } };
        using HttpResponseMessage written = await server.Client.SendAsync(write);
        Assert.Equal(HttpStatusCode.OK, written.StatusCode);
    }

    [Fact]
    public async Task Compress_NotAskedFor_ChangesNothing()
    {
        HydraServer server = await servers.GetAsync(Spec with { Arguments = [] });
        using HttpResponseMessage response = await AskAsync(server, "/", "gzip, br, zstd");
        Assert.Empty(response.Content.Headers.ContentEncoding);
        Assert.Empty(response.Headers.Vary);
    }

    [Fact]
    public async Task Compress_ClientsOfAllKinds_GetTheSameBody()
    {
        HydraServer server = await servers.GetAsync(Spec);
        byte[] plain = await server.Client.GetByteArrayAsync(new Uri("/", UriKind.Relative));
        await Parallel.ForEachAsync(Enumerable.Range(0, 60), async (i, cancellation) =>
        {
            var coding = (ContentCoding)(i % 4);
            using HttpResponseMessage response = await AskAsync(server, "/", coding.Name());
            Assert.Equal(plain, Decoded.Whole(coding, await response.Content.ReadAsByteArrayAsync(cancellation)));
        });
        Assert.StartsWith("[{", Encoding.ASCII.GetString(plain), StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> AskAsync(HydraServer server, string path, string accepted)
        => server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept-Encoding", accepted } } });
}
