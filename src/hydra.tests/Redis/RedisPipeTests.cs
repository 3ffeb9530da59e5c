using System.Text;
using Hydra.Protocol;
using Hydra.Redis;
using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Redis;

public sealed class RedisPipeTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private readonly List<string> _told = [];

    [Fact]
    public void Calls_AreSentTogether_AndAnsweredInTheirOrder()
    {
        using var pipe = new RedisPipe(100_000, Long);
        var server = new FakeServer();
        pipe.Send(Call("early"));
        pipe.Attach(server);
        pipe.Send(Call("late"));

        Assert.Equal("*1\r\n$5\r\nearly\r\n*1\r\n$4\r\nlate\r\n", server.Sent);
        server.Answer("+a\r\n-OOM command not allowed\r\n");
        Assert.Equal(["early Done", "late Full"], _told);
        Assert.Equal(0, pipe.ReadFigures().Waiting);
        Assert.Equal(0, pipe.ReadFigures().Bytes);
    }

    [Fact]
    public void Script_ThatIsNotThere_IsSentWhole()
    {
        using var pipe = new RedisPipe(100_000, Long);
        var server = new FakeServer();
        pipe.Attach(server);
        var script = new RedisScript("return 1");
        pipe.Send(new RedisCall(script, new RespWriter().Add(0), Tell("script")));
        Assert.Contains(script.Hash, server.Take(), StringComparison.Ordinal);
        server.Answer("-NOSCRIPT No matching script.\r\n");

        Assert.Equal("*3\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n0\r\n", server.Take());
        server.Answer(":1\r\n");
        Assert.Equal(["script Done"], _told);
    }

    [Fact]
    public void Break_TellsThatItIsNotKnown_AndAsksAgainWhatMayBeAskedAgain()
    {
        using var pipe = new RedisPipe(100_000, Long);
        var first = new FakeServer();
        pipe.Attach(first);
        pipe.Send(Call("add"));
        pipe.Send(Call("get", isRepeatable: true));
        pipe.Send(Call("free", isPatient: true));
        first.Break();

        Assert.Equal(["add Unknown"], _told);
        Assert.Equal(1, pipe.ReadFigures().Unknown);
        pipe.Send(Call("new"));
        var second = new FakeServer();
        pipe.Attach(second);
        Assert.Equal("*1\r\n$4\r\nfree\r\n*1\r\n$3\r\nget\r\n*1\r\n$3\r\nnew\r\n", second.Sent);
        second.Answer(":1\r\n:2\r\n:3\r\n");
        Assert.Equal(["add Unknown", "free Done", "get Done", "new Done"], _told);
    }

    [Fact]
    public async Task Silence_EndsCallsInTime_AndRefusesMore_UntilThereIsAnAnswer()
    {
        using var pipe = new RedisPipe(100_000, TimeSpan.FromMilliseconds(50));
        var stuck = new TaskCompletionSource();
        bool isWell = false;
        pipe.Stuck = isStuck =>
        {
            isWell = !isStuck;
            stuck.TrySetResult();
        };
        var server = new FakeServer();
        pipe.Attach(server);
        pipe.Send(Call("add"));
        await stuck.Task.WaitAsync(Long);
        pipe.Send(Call("more"));

        Assert.Equal(["add Unknown", "more Unavailable"], _told.Order());
        Assert.DoesNotContain("more", server.Sent, StringComparison.Ordinal);
        server.Answer(":1\r\n");
        Assert.True(isWell);
        pipe.Send(Call("again"));
        server.Answer(":1\r\n");
        Assert.Contains("again Done", _told);
    }

    [Fact]
    public async Task Absence_EndsCallsInTime_AndThenAtOnce()
    {
        using var pipe = new RedisPipe(100_000, TimeSpan.FromMilliseconds(50));
        var told = new TaskCompletionSource<RedisAnswer>();
        pipe.Explain("connection refused");
        pipe.Expect();
        pipe.Explain("connection refused");
        pipe.Send(new RedisCall(null, new RespWriter().Add("get"), told.SetResult));
        RedisAnswer answer = await told.Task.WaitAsync(Long);

        Assert.Equal(StateStatus.Unavailable, answer.Status);
        Assert.Contains("connection refused", answer.Text, StringComparison.Ordinal);
        pipe.Send(Call("more"));
        Assert.Equal(["more Unavailable"], _told);
    }

    [Fact]
    public void Room_IsBounded()
    {
        using var pipe = new RedisPipe(1000, Long);
        pipe.Attach(new FakeServer());
        for (int i = 0; i < 10; i++)
        {
            pipe.Send(Call("x"));
        }

        Assert.Equal(Enumerable.Repeat("x Unavailable", 7), _told);
        Assert.True(pipe.ReadFigures().Bytes <= 1000);
    }

    [Theory]
    [InlineData("+unasked\r\n")]
    [InlineData("HTTP/1.1 400\r\n")]
    public void Server_ThatSpeaksOtherwise_IsLeft(string said)
    {
        using var pipe = new RedisPipe(1000, Long);
        string? why = null;
        pipe.Closed = reason => why = reason;
        var server = new FakeServer();
        pipe.Attach(server);
        server.Answer(said);

        Assert.NotNull(why);
        Assert.False(pipe.IsAttached);
    }

    private RedisCall Call(string name, bool isRepeatable = false, bool isPatient = false)
        => new(null, new RespWriter().Add(name), Tell(name)) { IsRepeatable = isRepeatable, IsPatient = isPatient };

    private Action<RedisAnswer> Tell(string name) => answer =>
    {
        lock (_told)
        {
            _told.Add($"{name} {answer.Status}");
        }
    };

    private sealed class FakeServer : LinkChannel
    {
        private ILinkSink? _sink;

        public string Sent => Encoding.UTF8.GetString(Output.Written);

        public string Take()
        {
            string sent = Sent;
            Output.Clear();
            return sent;
        }

        public void Answer(string text)
        {
            if (_sink!.OnBytes(Encoding.UTF8.GetBytes(text)) < 0)
            {
                Close();
            }
        }

        public void Break() => Close();

        public override void Start(ILinkSink sink) => _sink = sink;

        public override void FlushSoon()
        {
        }

        public override void Close()
        {
            ILinkSink? sink = _sink;
            _sink = null;
            sink?.OnClosed(null);
        }
    }
}
