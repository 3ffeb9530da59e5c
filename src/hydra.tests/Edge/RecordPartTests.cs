using System.Text;
using Hydra.Edge;
using Hydra.Http;
using Hydra.Tests.Http.Fakes;
using Hydra.Tests.Transport;
using Xunit;

namespace Hydra.Tests.Edge;

/// <summary>What <see cref="RecordPart"/> keeps in a <see cref="RequestRing"/>, what <see cref="SecretMask"/> takes out, and how <see cref="RequestReplay"/> sends it again.</summary>
public sealed class RecordPartTests
{
    private readonly RequestRing _ring = new(10, 1 << 20);

    [Fact]
    public async Task Record_ARequest_HasWhatWasSentWithoutSecrets()
    {
        RecordedRequest kept = await RecordAsync("POST /a?token=hush&b=1 HTTP/1.1\r\nHost: h\r\nCookie: a=b\r\nContent-Type: application/json\r\nContent-Length: 26\r\n\r\n{\"password\":\"hush\",\"n\":12}");

        Assert.Equal(("POST", "/a?token=***&b=1", 201, true, null), (kept.Method, kept.Target, kept.Status, kept.IsMasked, kept.Missing));
        Assert.Equal("""{"password":"***","n":12}""", Encoding.UTF8.GetString(kept.Body));
        Assert.Contains(new KeyValuePair<string, string>("Cookie", "***"), kept.Fields);
        Assert.Contains(new KeyValuePair<string, string>("Host", "h"), kept.Fields);
        Assert.Equal(1, kept.Id);
    }

    [Fact]
    public async Task Record_NotMasked_HasWhatWasSent()
    {
        RecordedRequest kept = await RecordAsync("POST /a?token=t HTTP/1.1\r\nHost: h\r\nAuthorization: x\r\nContent-Length: 3\r\n\r\n\u0001bc", masks: false);

        Assert.Equal(("/a?token=t", false, "\u0001bc"), (kept.Target, kept.IsMasked, Encoding.Latin1.GetString(kept.Body)));
        Assert.Contains(new KeyValuePair<string, string>("Authorization", "x"), kept.Fields);
    }

    [Theory]
    [InlineData("text/plain", "abc", "neither a form nor JSON")]
    [InlineData("application/json", "{no", "neither a form nor JSON")]
    [InlineData("multipart/form-data; boundary=x", "abc", "neither a form nor JSON")]
    public async Task Record_ABodyThatNobodyCanReadSecretsIn_IsNotKept(string type, string body, string expected)
    {
        RecordedRequest kept = await RecordAsync($"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n\r\n{body}");

        Assert.Empty(kept.Body);
        Assert.Contains(expected, kept.Missing, StringComparison.Ordinal);
        Assert.Contains("its body was not kept", RequestReplay.Refusal(kept, isForced: true), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Record_ALongBody_IsNotKept()
    {
        string body = new('a', RecordPart.MostBody + 1);
        RecordedRequest kept = await RecordAsync($"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {body.Length}\r\n\r\n{body}", masks: false);

        Assert.Empty(kept.Body);
        Assert.Contains("65536", kept.Missing, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a=1&password=x&b=%20", "a=1&password=***&b=%20", true)]
    [InlineData("pass%77ord=x", "pass%77ord=***", true)]
    [InlineData("my+token=x&token=&token", "my+token=***&token=&token", true)]
    [InlineData("a=token", "a=token", false)]
    public void Body_OfAForm_HasNoSecrets(string body, string expected, bool masked)
    {
        bool found = false;
        Assert.Equal(expected, Encoding.Latin1.GetString(SecretMask.Body(Encoding.Latin1.GetBytes(body), "application/x-www-form-urlencoded; charset=utf-8", "", ref found)!));
        Assert.Equal(masked, found);
    }

    [Theory]
    [InlineData("""{"user":{"password":{"a":1}},"list":[{"api_key":"x"},2,null]}""", """{"user":{"password":"***"},"list":[{"api_key":"***"},2,null]}""")]
    [InlineData("""{"token":null, "n": 1.50}""", """{"token":null, "n": 1.50}""")]
    [InlineData("[]", "[]")]
    public void Body_OfJson_HasNoSecrets(string body, string expected)
    {
        bool found = false;
        Assert.Equal(expected, Encoding.UTF8.GetString(SecretMask.Body(Encoding.UTF8.GetBytes(body), "application/problem+json", "", ref found)!));
    }

    [Fact]
    public void Body_ThatIsCompressed_IsNotLookedInto()
    {
        bool found = false;
        Assert.Null(SecretMask.Body([1], "application/json", "gzip", ref found));
    }

    [Fact]
    public void Ring_BeyondItsNumberOrItsBytes_LosesTheOldest()
    {
        var few = new RequestRing(2, 1 << 20);
        var small = new RequestRing(100, 2 * Request().Size);
        foreach (RequestRing ring in new[] { few, small })
        {
            for (int i = 0; i < 3; i++)
            {
                ring.Add(Request());
            }

            Assert.Equal([3, 2], ring.Read().Select(static one => one.Id));
            Assert.Null(ring.Find(1));
            Assert.NotNull(ring.Find(2));
        }
    }

    [Fact]
    public async Task Replay_ARequest_GoesToAWorkerAsItWasKept()
    {
        var part = new RecordPart(_ring, masks: true);
        await using FrontHost host = await FrontHost.StartAsync(part);
        using RawClient client = host.Connect();
        await client.SendAsync("POST /a?b=%20c HTTP/1.1\r\nHost: h\r\nX-Own: 1\r\nAccept-Encoding: gzip\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b");
        SentRequest first = await host.Worker.NextRequestAsync();
        host.Worker.Respond(first.Id, 200, "one");
        await client.ReadResponseAsync();
        await host.StopAndReadLinesAsync();

        RecordedRequest kept = Assert.Single(_ring.Read());
        Assert.Contains("--force", RequestReplay.Refusal(kept, isForced: false), StringComparison.Ordinal);
        Assert.Null(RequestReplay.Refusal(kept, isForced: true));
        Task<ReplayedResponse> replay = new RequestReplay(_ring, part.Next!).SendAsync(kept);
        SentRequest again = await host.Worker.NextRequestAsync();
        host.Worker.Respond(again.Id, 202, "two", ("x-answer", "yes"));
        ReplayedResponse response = await replay;

        Assert.Equal((first.Method, first.Path, first.Query, first.Connection.Split('\0')[0]), (again.Method, again.Path, again.Query, again.Connection.Split('\0')[0]));
        Assert.Equal("a=b", Encoding.Latin1.GetString(again.Body));
        Assert.Contains(("x-own", "1"), again.Headers);
        Assert.Contains(("content-length", "3"), again.Headers);
        Assert.DoesNotContain(again.Headers, static field => field.Name == "accept-encoding");
        Assert.Equal((202, "two", false, 0), (response.Status, Encoding.UTF8.GetString(response.Body), response.IsCut, response.Worker));
        Assert.Contains(new KeyValuePair<string, string>("x-answer", "yes"), response.Fields);

        // What is sent again is not kept anew.
        Assert.Single(_ring.Read());
    }

    [Fact]
    public void CopyingReader_OfABody_IsItsReader()
    {
        var reader = new CopyingReader(System.IO.Pipelines.PipeReader.Create(new MemoryStream()), 1);

        Assert.Same(reader, reader.Reader);
        Assert.Empty(reader.Copy);
    }

    [Fact]
    public void SentAgain_WithoutAnAnswer_HasNone()
    {
        using var again = new SentAgain(
            new Microsoft.AspNetCore.Http.Features.HttpRequestFeature { Protocol = "HTTP/1.1" }, [], new RequestFacts { Scheme = "http", HttpVersion = "1.1" }, static _ => Task.CompletedTask,
            TimeSpan.FromSeconds(1), 1);

        Assert.Empty(again.Body);
        Assert.False(again.IsCut);
    }

    private static RecordedRequest Request() => new()
    {
        At = default,
        Method = "GET",
        Target = "/",
        Protocol = "HTTP/1.1",
        Fields = [],
        Body = [],
        Status = 200,
        Took = default,
        Facts = new RequestFacts { Scheme = "http", HttpVersion = "1.1" },
    };

    private async Task<RecordedRequest> RecordAsync(string text, bool masks = true)
    {
        await using FrontHost host = await FrontHost.StartAsync(new RecordPart(_ring, masks));
        using RawClient client = host.Connect();
        await client.SendAsync(text);
        SentRequest sent = await host.Worker.NextRequestAsync();
        if (!sent.IsWhole)
        {
            host.Worker.Grant(sent.Id, 1 << 20);
            await host.Worker.BodyToEndAsync(sent.Id);
        }

        host.Worker.Respond(sent.Id, 201, "");
        await client.ReadHeadAsync();
        await host.StopAndReadLinesAsync();
        return Assert.Single(_ring.Read());
    }
}
