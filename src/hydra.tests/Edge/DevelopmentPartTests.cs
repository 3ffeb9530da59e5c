using Hydra.Edge;
using Xunit;

namespace Hydra.Tests.Edge;

/// <summary><see cref="DevelopmentState"/>, <see cref="DevelopmentPart"/> and <see cref="TracebackPage"/>.</summary>
public sealed class DevelopmentPartTests
{
    private const string Traceback = """
        Traceback (most recent call last):
          File "/srv/shop/main.py", line 3, in view
            return <b>broken
          File "/usr/lib/python3.11/json/decoder.py", line 2, in decode
            raise
          File "/etc/passwd", line 1, in text
        ValueError: "<script>alert(1)</script>"
        """;

    [Fact]
    public async Task State_RequestThatComesWhileCodeStarts_WaitsForTheLastThatHasBegun()
    {
        int looks = 0;
        var state = new DevelopmentState(
            () =>
            {
                looks++;
                return Task.CompletedTask;
            },
            static () => null);
        int first = state.Begin();
        int second = state.Begin();
        Task waiting = state.WaitAsync(CancellationToken.None);
        state.End(first);
        Assert.False(waiting.IsCompleted);
        Assert.Equal(0, state.Version);
        state.End(second);

        await waiting;
        await state.WaitAsync(CancellationToken.None);
        Assert.Equal((1, 2), (state.Version, looks));
    }

    [Fact]
    public void State_Failure_IsThatOfTheCodeNow()
    {
        CodeFailure? failure = null;
        var state = new DevelopmentState(static () => Task.CompletedTask, () => failure);
        Assert.Null(state.Failure);
        failure = new CodeFailure("it does not start", "");

        Assert.Same(failure, state.Failure);
    }

    [Fact]
    public async Task State_ClientThatLeaves_WaitsNoLonger()
    {
        var state = new DevelopmentState(static () => Task.CompletedTask, static () => null);
        using var left = new CancellationTokenSource();
        Task waiting = state.WaitAsync(left.Token);
        await left.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task State_Next_IsTheVersionBehindTheOneThatIsKnown()
    {
        var state = new DevelopmentState(static () => Task.CompletedTask, static () => null);
        Task<int> next = state.NextAsync(0, TimeSpan.FromMinutes(1), CancellationToken.None);
        state.End(state.Begin());

        Assert.Equal(1, await next);
        Assert.Equal(1, await state.NextAsync(0, TimeSpan.FromMinutes(1), CancellationToken.None));
        Assert.Equal(1, await state.NextAsync(1, TimeSpan.Zero, CancellationToken.None));
    }

    [Fact]
    public void Page_Traceback_IsEscapedAndShowsTheSource()
    {
        string page = TracebackPage.Html("It <failed>", Traceback, 7, reloads: true, static _ => ["one", "two", "return <b>broken", "four"]);

        Assert.Contains("<h1>It &lt;failed&gt;</h1>", page, StringComparison.Ordinal);
        Assert.Contains("<section class=\"own\"><h2>/srv/shop/main.py:3 in view</h2>", page, StringComparison.Ordinal);
        Assert.Contains("<section><h2>/usr/lib/python3.11/json/decoder.py:2 in decode</h2>", page, StringComparison.Ordinal);
        Assert.Contains("<b><i>    3 </i>return &lt;b&gt;broken</b>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("alert(1)</script>", page, StringComparison.Ordinal);
        Assert.Contains($"fetch(\"{DevelopmentPart.WaitPath}?7\"", page, StringComparison.Ordinal);

        // The text of an exception names it as a frame is named, and it is no code.
        Assert.Contains("/etc/passwd:1 in text</h2></section>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_OfWhatIsNotAskedForAgain_HasNoScript()
        => Assert.DoesNotContain("<script>", TracebackPage.Html("It failed", "", 1, reloads: false), StringComparison.Ordinal);

    [Theory]
    [InlineData("/srv/shop/main.py", true)]
    [InlineData("/srv/venv/lib/python3.11/site-packages/django/urls.py", false)]
    [InlineData("/usr/lib/python3/dist-packages/flask/app.py", false)]
    [InlineData("/usr/lib/python3.11/asyncio/base_events.py", false)]
    [InlineData("C:\\Python\\Lib\\json\\__init__.py", false)]
    [InlineData("<frozen importlib._bootstrap>", false)]
    public void IsOwn_File_IsTheUsers(string file, bool expected) => Assert.Equal(expected, TracebackPage.IsOwn(file));
}
