using System.Text;
using Hydra.Files;
using Xunit;

namespace Hydra.Tests.Files;

public sealed class FilePathTests
{
    [Theory]
    [InlineData("/", "/")]
    [InlineData("/app.css", "/app.css")]
    [InlineData("/a/b/", "/a/b/")]
    [InlineData("/%61pp%2ecss", "/app.css")]
    [InlineData("/a%20b", "/a b")]
    [InlineData("/100%25.txt", "/100%.txt")]
    [InlineData("/caf%C3%A9", "/caf\u00e9")]
    [InlineData("/%252e%252e/x", "/%2e%2e/x")]
    [InlineData("/a..b/c...d", "/a..b/c...d")]
    [InlineData("/.well-known/security.txt", "/.well-known/security.txt")]
    [InlineData("/context.js", "/context.js")]
    public void TryRead_Path_IsDecodedOnce(string path, string expected)
    {
        Assert.True(FilePath.TryRead(Encoding.Latin1.GetBytes(path), out string decoded));
        Assert.Equal(expected, decoded);
    }

    [Theory]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("a")]
    [InlineData("//")]
    [InlineData("/a//b")]
    [InlineData("//evil.example/")]
    [InlineData("/..")]
    [InlineData("/../etc/passwd")]
    [InlineData("/a/../../etc/passwd")]
    [InlineData("/a/./b")]
    [InlineData("/%2e%2e/etc/passwd")]
    [InlineData("/%2E%2e%2fetc%2fpasswd")]
    [InlineData("/..%2fetc/passwd")]
    [InlineData("/a%2fb")]
    [InlineData("/..\\etc")]
    [InlineData("/..%5cetc")]
    [InlineData("/a%00.txt")]
    [InlineData("/a%0ab")]
    [InlineData("/a%7f")]
    [InlineData("/%")]
    [InlineData("/%4")]
    [InlineData("/%zz")]
    [InlineData("/%c0%ae%c0%ae/etc/passwd")]
    [InlineData("/%e0%80%ae/x")]
    [InlineData("/%c0%af")]
    [InlineData("/%ff")]
    [InlineData("/\u00e9")]
    [InlineData("/.git/config")]
    [InlineData("/a/.env")]
    [InlineData("/%2eenv")]
    [InlineData("/a/.well-known/x")]
    [InlineData("/.well-known/.htpasswd")]
    [InlineData("/CON")]
    [InlineData("/con.txt")]
    [InlineData("/a/NUL.tar.gz")]
    [InlineData("/com1")]
    [InlineData("/LPT9.x")]
    [InlineData("/com%C2%B9")]
    [InlineData("/aux .txt")]
    [InlineData("/a.txt.")]
    [InlineData("/a.txt%20")]
    [InlineData("/a.txt::$DATA")]
    [InlineData("/c:/windows")]
    public void TryRead_WhatCouldBeAnotherFile_IsNone(string path) => Assert.False(FilePath.TryRead(Encoding.Latin1.GetBytes(path), out _));

    [Fact]
    public void TryRead_TooLong_IsNone() => Assert.False(FilePath.TryRead(Encoding.ASCII.GetBytes("/" + new string('a', 4096)), out _));

    [Theory]
    [InlineData("/a b/\u00e9%.txt", "/a%20b/%C3%A9%25.txt")]
    [InlineData("/app-1.min.js", "/app-1.min.js")]
    public void Encode_Path_IsReadBackAsItWas(string path, string expected)
    {
        Assert.Equal(expected, FilePath.Encode(path));
        Assert.True(FilePath.TryRead(Encoding.ASCII.GetBytes(expected), out string decoded));
        Assert.Equal(path, decoded);
    }

    [Theory]
    [InlineData("/a%20b", true)]
    [InlineData("/app.css", true)]
    [InlineData("/%61pp.css", false)]
    [InlineData("/a%20%62", false)]
    public void IsEncoded_OneOfManyWays_IsToldFromOthers(string path, bool expected)
    {
        Assert.True(FilePath.TryRead(Encoding.ASCII.GetBytes(path), out string decoded));
        Assert.Equal(expected, FilePath.IsEncoded(Encoding.ASCII.GetBytes(path), decoded));
    }

    // Whatever is taken stays below the root by the letters alone, whatever reads it.
    [Fact]
    public void TryRead_RandomBytes_LeadNowhereElse()
    {
        var random = new Random(4711);
        string[] pieces = ["/", "..", ".", "%2e", "%2f", "%5c", "\\", "a", "%", "25", "%00", "%c0", "%af", "\u00ff", ":", " ", "con", "%20", ".well-known"];
        for (int i = 0; i < 200_000; i++)
        {
            byte[] path = Encoding.Latin1.GetBytes("/" + string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => pieces[random.Next(pieces.Length)])));
            if (!FilePath.TryRead(path, out string decoded))
            {
                continue;
            }

            Assert.Equal(decoded, Path.GetFullPath(decoded));
            Assert.DoesNotContain(decoded, static c => c is '\\' or ':' or < ' ');
            Assert.All(decoded[1..].Split('/').Where(static part => part is not ("" or ".well-known")), static part => Assert.NotEqual('.', part[0]));
        }
    }
}
