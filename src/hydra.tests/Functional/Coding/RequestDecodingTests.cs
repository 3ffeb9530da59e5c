using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hydra.Coding;
using Hydra.Tests.Coding;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Coding;

/// <summary>What applications read of bodies that clients have coded, with <c>--decode-bodies</c>.</summary>
public sealed class RequestDecodingTests(ServerPool pool) : PooledTests(pool)
{
    [Theory]
    [InlineData("wsgi_probe:app", "/body/read", "loop")]
    [InlineData("wsgi_probe:app", "/body/read", "sockets")]
    [InlineData("asgi_probe:app", "/body", "loop")]
    [InlineData("asgi_probe:app", "/body", "sockets")]
    public async Task Body_OfEachCodingAndLength_IsWhatTheClientHasCoded(string app, string path, string transport)
    {
        HydraServer server = await Pool.GetAsync(Spec(app, "--transport", transport));
        await using RawConnection client = await server.ConnectAsync();
        foreach (int size in (int[])[1, 3000, 3_000_000])
        {
            byte[] body = Decoded.Sample(size);
            foreach (string codings in (string[])["gzip", "deflate", "br", "zstd", "gzip, br"])
            {
                byte[] encoded = ContentCodings.ReadList(codings)!.Aggregate(body, static (data, coding) => Encoded.Whole(coding, data));
                foreach (bool isChunked in (bool[])[false, true])
                {
                    await client.SendAsync($"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Encoding: {codings}\r\n{(isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {encoded.Length}")}\r\n\r\n");
                    await client.SendAsync(isChunked ? [.. Encoding.ASCII.GetBytes($"{encoded.Length:x}\r\n"), .. encoded, .. "\r\n0\r\n\r\n"u8] : encoded);
                    JsonElement answer = (await client.ReadResponseAsync()).Json();

                    Assert.Equal((size, Convert.ToHexString(SHA256.HashData(body))), (answer.GetProperty("length").GetInt32(), answer.GetProperty("sha256").GetString()!.ToUpperInvariant()));
                }
            }
        }
    }

    [Fact]
    public async Task Body_OfHttp2_IsWhatTheClientHasCoded()
    {
        HydraServer server = await Pool.GetAsync(Spec("asgi_probe:app", "--http", "2"));
        byte[] body = Decoded.Sample(2_000_000);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Address, "/body"))
        {
            Version = System.Net.HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Encoded.Whole(ContentCoding.Gzip, body)) { Headers = { ContentEncoding = { "gzip" } } },
        };
        using HttpResponseMessage response = await server.Client.SendAsync(request);
        JsonElement answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;

        Assert.Equal(body.Length, answer.GetProperty("length").GetInt32());
    }

    [Fact]
    public async Task Body_ThatStreams_IsThereAsFarAsItHasCome()
    {
        HydraServer server = await Pool.GetAsync(Spec("asgi_probe:app", "--buffer-body", "0"));
        string key = Board.NewKey();
        byte[] first;
        byte[] all;
        using (var target = new MemoryStream())
        {
            using (var gzip = new System.IO.Compression.GZipStream(target, System.IO.Compression.CompressionMode.Compress, leaveOpen: true))
            {
                gzip.Write("first"u8);
                gzip.Flush();
                first = target.ToArray();
                gzip.Write("second"u8);
            }

            all = target.ToArray();
        }

        await using RawConnection client = await server.ConnectAsync();
        await client.SendAsync($"POST /body-seen/{key} HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: {all.Length}\r\n\r\n");
        await client.SendAsync(first);
        Assert.Equal(["first"], await server.Board.WaitAsync(key));
        await client.SendAsync(all.AsMemory(first.Length));
        Assert.Equal("second", (await server.Board.WaitAsync(key, 2))[1]);
        Assert.Equal("done", (await client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task Expect100_OfACodedBody_IsAnsweredWhenTheApplicationAsks()
    {
        HydraServer server = await Pool.GetAsync(Spec("asgi_probe:app"));
        byte[] encoded = Encoded.Whole(ContentCoding.Brotli, "four"u8.ToArray());
        await using RawConnection client = await server.ConnectAsync();
        await client.SendAsync($"POST /body HTTP/1.1\r\nHost: a\r\nContent-Encoding: br\r\nContent-Length: {encoded.Length}\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue", await client.ReadLineAsync());
        Assert.Equal("", await client.ReadLineAsync());
        await client.SendAsync(encoded);

        Assert.Equal(4, (await client.ReadResponseAsync()).Json().GetProperty("length").GetInt32());
    }

    [Theory]
    [InlineData("wsgi_probe:app", "/body/read")]
    [InlineData("asgi_probe:app", "/body")]
    public async Task Body_ThatIsABomb_IsRefused(string app, string path)
    {
        HydraServer server = await Pool.GetAsync(Spec(app));
        foreach (ContentCoding coding in (ContentCoding[])[ContentCoding.Gzip, ContentCoding.Brotli, ContentCoding.Zstd])
        {
            byte[] encoded = Encoded.Whole(coding, new byte[50_000_000]);
            await using RawConnection client = await server.ConnectAsync();
            await client.SendAsync($"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Encoding: {coding.Name()}\r\nContent-Length: {encoded.Length}\r\n\r\n");
            await client.SendAsync(encoded);
            Assert.Equal(413, (await client.ReadResponseAsync()).Status);
        }
    }

    [Fact]
    public async Task LimitBody_CountsWhatIsDecoded()
    {
        HydraServer server = await Pool.GetAsync(Spec("asgi_probe:app", "--limit-body", "10k"));
        await using RawConnection client = await server.ConnectAsync();
        byte[] fits = Encoded.Whole(ContentCoding.Gzip, Decoded.Sample(10 * 1024));
        byte[] larger = Encoded.Whole(ContentCoding.Gzip, Decoded.Sample((10 * 1024) + 1));
        await client.SendAsync((byte[])[.. Encoding.ASCII.GetBytes($"POST /body HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: {fits.Length}\r\n\r\n"), .. fits]);
        Assert.Equal(200, (await client.ReadResponseAsync()).Status);
        await client.SendAsync((byte[])[.. Encoding.ASCII.GetBytes($"POST /body HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: {larger.Length}\r\n\r\n"), .. larger]);
        Assert.Equal(413, (await client.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task Body_WithoutTheOption_IsAsTheClientSendsIt()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("asgi_probe:app"));
        await using RawConnection client = await server.ConnectAsync();
        byte[] encoded = Encoded.Whole(ContentCoding.Gzip, "hello"u8.ToArray());
        await client.SendAsync((byte[])[.. Encoding.ASCII.GetBytes($"POST /body HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: {encoded.Length}\r\n\r\n"), .. encoded]);

        Assert.Equal(encoded.Length, (await client.ReadResponseAsync()).Json().GetProperty("length").GetInt32());
    }

    [Theory]
    [InlineData("compress", "x", 415)]
    [InlineData("gzip", "this is not gzip", 400)]
    public async Task Body_ThatCannotBeDecoded_ComesToNoApplication(string coding, string body, int status)
    {
        HydraServer server = await Pool.GetAsync(Spec("asgi_probe:app"));
        await using RawConnection client = await server.ConnectAsync();
        RawResponse response = await client.ExchangeAsync($"POST /body HTTP/1.1\r\nHost: a\r\nContent-Encoding: {coding}\r\nContent-Length: {body.Length}\r\n\r\n{body}");

        Assert.Equal((status, status == 415 ? "gzip, deflate, br, zstd" : null), (response.Status, response.Value("Accept-Encoding")));
    }

    private static ServerSpec Spec(string app, params string[] arguments) => new(app) { Transport = null, Arguments = ["--decode-bodies", .. arguments] };
}
