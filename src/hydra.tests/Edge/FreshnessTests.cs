using Hydra.Edge;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hydra.Tests.Edge;

/// <summary><see cref="Freshness"/> and <see cref="CacheControl"/>, with <see cref="CacheUse"/> by <see cref="CacheUses"/>.</summary>
public sealed class FreshnessTests
{
    private const string Now = "Sun, 29 Nov 2026 12:00:00 GMT";
    private const string Earlier = "Sun, 29 Nov 2026 11:59:00 GMT";
    private const string Later = "Sun, 29 Nov 2026 12:05:00 GMT";

    // Fields of the response divided by "|"; the lifetime, or -1 where it is not kept.
    [Theory]
    [InlineData("", -1)]
    [InlineData("Cache-Control: max-age=60", 60)]
    [InlineData("Cache-Control: MAX-AGE = \"60\"", 60)]
    [InlineData("Cache-Control: max-age=60, s-maxage=10", 10)]
    [InlineData("Cache-Control: s-maxage=0, max-age=60", -1)]
    [InlineData("Cache-Control: max-age=60, max-age=30", 30)]
    [InlineData("Cache-Control: max-age=0", -1)]
    [InlineData("Cache-Control: max-age=-5", -1)]
    [InlineData("Cache-Control: max-age=many", -1)]
    [InlineData("Cache-Control: max-age", -1)]
    [InlineData("Cache-Control: max-age=99999999999999999999", 2147483647)]
    [InlineData("Cache-Control: max-age=60, no-store", -1)]
    [InlineData("Cache-Control: max-age=60, private", -1)]
    [InlineData("Cache-Control: max-age=60, private=\"X-User, X-Other\"", -1)]
    [InlineData("Cache-Control: max-age=60, no-cache", -1)]
    [InlineData("Cache-Control: max-age=60, no-cache=\"Set-Cookie\"", -1)]
    [InlineData("Cache-Control: max-age=60, no-cache|ETag: \"1\"", 0)]
    [InlineData("Cache-Control: max-age=0|ETag: \"1\"", 0)]
    [InlineData("Cache-Control: max-age=0|Last-Modified: " + Earlier, 0)]
    [InlineData("Cache-Control: max-age=0|Last-Modified: yesterday", -1)]
    [InlineData("Cache-Control: max-age=0, stale-if-error=5", 0)]
    [InlineData("Cache-Control: max-age=0, stale-while-revalidate=5", 0)]
    [InlineData("Cache-Control: max-age=0, stale-while-revalidate=5, must-revalidate", -1)]
    [InlineData("Cache-Control: no-cache, stale-if-error=5", -1)]
    [InlineData("Cache-Control: max-age=60, no-store, must-understand", 60)]
    [InlineData("ETag: \"1\"", -1)]
    [InlineData("Expires: Sunday, 29-Nov-26 12:05:00 GMT", 300)]
    [InlineData("Expires: Sun Nov 29 12:05:00 2026", 300)]
    [InlineData("Cache-Control: public", -1)]
    [InlineData("Cache-Control: public, max-age=60, must-understand, unknown=\"a, no-store\"", 60)]
    [InlineData("Cache-Control: max-age=60|Set-Cookie: a=b", -1)]
    [InlineData("Cache-Control: max-age=60|Vary: *", -1)]
    [InlineData("Cache-Control: max-age=60|Vary: Cookie, Accept", 60)]
    [InlineData("Cache-Control: max-age=60|Age: 20", 60)]
    [InlineData("Cache-Control: max-age=60|Age: 60", -1)]
    [InlineData("Cache-Control: max-age=60|Date: " + Earlier, -1)]
    [InlineData("Cache-Control: max-age=90|Date: " + Earlier, 90)]
    [InlineData("Expires: " + Later, 300)]
    [InlineData("Expires: " + Later + "|Date: " + Now, 300)]
    [InlineData("Expires: " + Later + "|Cache-Control: max-age=10", 10)]
    [InlineData("Expires: " + Earlier, -1)]
    [InlineData("Expires: 0", -1)]
    [InlineData("Expires: " + Later + "|Cache-Control: no-store", -1)]
    [InlineData("Pragma: no-cache", -1)]
    [InlineData("Last-Modified: " + Earlier, -1)]
    public void Of_Response_IsWhatItSays(string fields, long expected)
        => Assert.Equal(expected, Of(200, fields, [])?.Lifetime ?? -1);

    [Theory]
    [InlineData(200, true)]
    [InlineData(301, true)]
    [InlineData(404, true)]
    [InlineData(206, false)]
    [InlineData(302, true)]
    [InlineData(303, false)]
    [InlineData(304, false)]
    [InlineData(500, false)]
    [InlineData(503, false)]
    public void Of_Status_IsKeptWhereItsMeaningIsKnown(int status, bool expected)
        => Assert.Equal(expected, Of(status, "Cache-Control: public, max-age=60", []) is not null);

    [Theory]
    [InlineData("max-age=60", "Authorization", "", false)]
    [InlineData("max-age=60, public", "Authorization", "", true)]
    [InlineData("max-age=60, must-revalidate", "Authorization", "", true)]
    [InlineData("s-maxage=60", "Authorization", "", true)]
    [InlineData("max-age=60", "Cookie", "", false)]
    [InlineData("max-age=60", "Cookie", "Cookie", true)]
    [InlineData("max-age=60", "Cookie", "Accept", false)]
    [InlineData("max-age=60, public", "Cookie", "", true)]
    public void Of_RequestThatSaysWhoItIs_IsKeptWhereThatIsSaid(string control, string field, string vary, bool expected)
        => Assert.Equal(expected, Of(200, $"Cache-Control: {control}" + (vary.Length > 0 ? $"|Vary: {vary}" : ""), [field]) is not null);

    [Fact]
    public void Of_Stale_IsHeededUnlessItMustBeRevalidated()
    {
        Assert.Equal(30, Of(200, "Cache-Control: max-age=60, stale-while-revalidate=30", [])!.Value.StaleLifetime);
        Assert.Equal(0, Of(200, "Cache-Control: max-age=60, stale-while-revalidate=30, must-revalidate", [])!.Value.StaleLifetime);
        Assert.Equal(0, Of(200, "Cache-Control: s-maxage=60, stale-while-revalidate=30", [])!.Value.StaleLifetime);
        Assert.Equal(20, Of(200, "Cache-Control: max-age=60|Age: 20", [])!.Value.InitialAge);
    }

    [Theory]
    [InlineData("Sun, 06 Nov 1994 08:49:37 GMT")]
    [InlineData("Sunday, 06-Nov-94 08:49:37 GMT")]
    [InlineData("Sun Nov  6 08:49:37 1994")]
    public void Date_InEachOfItsForms_IsRead(string text)
        => Assert.Equal(new DateTimeOffset(1994, 11, 6, 8, 49, 37, TimeSpan.Zero), Freshness.Date(text));

    [Fact]
    public void Of_SecondsThatTheAnswerTook_AreOfItsAge()
    {
        var context = new DefaultHttpContext();
        context.Response.Headers.CacheControl = "max-age=60";
        context.Response.Headers.Age = "10";
        Assert.Equal(15, Freshness.Of(context.Request, 200, context.Response.Headers, new CacheTime().Now, delay: 5)!.Value.InitialAge);
    }

    [Fact]
    public void Parse_AnyText_IsRead()
    {
        string[] parts = ["max-age", "s-maxage", "private", "=", "\"", ",", " ", "1", "99999999999", "\u00ff", "stale-while-revalidate", "no-store"];
        var random = new Random(20_261_129);
        for (int i = 0; i < 20_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => parts[random.Next(parts.Length)]));
            CacheControl control = CacheControl.Parse(text);
            Assert.InRange(control.MaxAge ?? 0, 0, int.MaxValue);
            Assert.True(!control.NoStore || text.Contains("no-store", StringComparison.Ordinal), text);
        }
    }

    // What a response says, how old it is, and what the request says; what it is good for, and whether it may take the place of a failure.
    [Theory]
    [InlineData("max-age=10", 9, "", "Answers", false)]
    [InlineData("max-age=10", 10, "", "AskFirst", false)]
    [InlineData("max-age=10, stale-while-revalidate=5", 14, "", "AnswersMeanwhile", false)]
    [InlineData("max-age=10, stale-while-revalidate=5", 15, "", "AskFirst", false)]
    [InlineData("max-age=10, stale-while-revalidate=5", 12, "max-age=11", "AskFirst", false)]
    [InlineData("max-age=10, stale-while-revalidate=5", 12, "no-cache", "AskFirst", false)]
    [InlineData("max-age=10, stale-while-revalidate=5", 12, "min-fresh=1", "AskFirst", false)]
    [InlineData("max-age=10, stale-if-error=5", 14, "", "AskFirst", true)]
    [InlineData("max-age=10, stale-if-error=5", 15, "", "AskFirst", false)]
    [InlineData("max-age=10", 14, "stale-if-error=5", "AskFirst", true)]
    [InlineData("max-age=10, stale-if-error=5", 9, "no-cache", "AskFirst", true)]
    [InlineData("max-age=10", 1000, "max-stale", "Answers", false)]
    [InlineData("max-age=10", 12, "max-stale=2", "Answers", false)]
    [InlineData("max-age=10", 12, "max-stale=1", "AskFirst", false)]
    [InlineData("max-age=10, must-revalidate, stale-if-error=5", 12, "max-stale", "AskFirst", false)]
    [InlineData("no-cache, stale-if-error=5", 0, "max-stale, stale-if-error=9", "AskFirst", false)]
    public void Use_OfWhatIsKept_IsAsItAndTheRequestSay(string control, int age, string asked, string expected, bool hides)
    {
        DateTimeOffset now = new CacheTime().Now;
        var kept = new CachedResponse
        {
            Status = 200,
            Fields = [],
            VariesBy = [],
            Body = [],
            StoredAt = now - TimeSpan.FromSeconds(age),
            Freshness = Of(200, $"Cache-Control: {control}|ETag: \"1\"", [])!.Value,
        };
        CacheControl request = CacheControl.Parse(asked);
        Assert.Equal((Enum.Parse<CacheUse>(expected), hides), (CacheUses.Of(kept, request, now), CacheUses.MayHideFailure(kept, request, now)));
    }

    private static Freshness? Of(int status, string fields, string[] requestFields)
    {
        var context = new DefaultHttpContext();
        foreach (string name in requestFields)
        {
            context.Request.Headers[name] = "x";
        }

        foreach (string line in fields.Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = line.Split(": ", 2);
            context.Response.Headers[parts[0]] = parts[1];
        }

        return Freshness.Of(context.Request, status, context.Response.Headers, new CacheTime().Now);
    }
}
