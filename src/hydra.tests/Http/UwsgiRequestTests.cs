using System.Text;
using Hydra.Http;
using Hydra.Transport;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>What a packet means in HTTP: <see cref="UwsgiRequest"/> with its <see cref="UwsgiVariables"/> and <see cref="UwsgiTarget"/>.</summary>
public sealed class UwsgiRequestTests
{
    private const int Seed = 20_261_130;

    [Fact]
    public void Read_WhatNginxSends_IsTheClientsRequest()
    {
        UwsgiRequest request = Take(UwsgiBytes.Get("/a%2Fb?x=%20", "HTTP_X_FORWARDED_FOR=6.6.6.6", "HTTP_ACCEPT=*/*", "HTTP_ACCEPT=a", "HTTPS=on", "UWSGI_SCRIPT=evil"));

        Assert.Equal("GET /a%2Fb?x=%20 HTTP/1.0\r\nhost: shop.example\r\nx-forwarded-for: 6.6.6.6\r\naccept: */*\r\naccept: a\r\n\r\n", Encoding.Latin1.GetString(request.Head));
        Assert.Equal(("https", "1.1", "1.2.3.4:4444", "shop.example", 80, ""),
            (request.Scheme, request.HttpVersion, request.Client!.ToString(), request.ServerHost, request.ServerPort, request.Script));
    }

    // As where a line of the configuration stands behind a file that it includes.
    [Fact]
    public void Read_VariablesThatAreThereTwice_AreTheLastOnes()
    {
        UwsgiRequest request = Take(UwsgiBytes.Get("/", "HTTP_HOST=b", "REMOTE_ADDR=::1", "PATH_INFO=/x"));
        Assert.Equal(("GET /x HTTP/1.0\r\nhost: b\r\n\r\n", "[::1]:4444"), (Encoding.Latin1.GetString(request.Head), request.Client!.ToString()));
    }

    [Fact]
    public void Read_Body_HasTheLengthAndTypeOfTheVariables()
    {
        string head = Encoding.Latin1.GetString(Take(UwsgiBytes.Packet(
            "REQUEST_METHOD=POST", "REQUEST_URI=/", "CONTENT_LENGTH=5", "CONTENT_TYPE=a/b", "HTTP_CONTENT_LENGTH=7", "HTTP_CONTENT_TYPE=c/d",
            "HTTP_TRANSFER_ENCODING=chunked", "HTTP_CONNECTION=keep-alive, x", "HTTP_EXPECT=100-continue", "HTTP_UPGRADE=websocket", "HTTP_TE=trailers")).Head);

        Assert.Equal("POST / HTTP/1.0\r\ncontent-type: a/b\r\ncontent-length: 5\r\n\r\n", head);
    }

    [Theory]

    // Rewritten: the proxy's path counts.
    [InlineData("/old?a=1", "/new", "", "b=2", "/new?b=2", "")]
    [InlineData("/old?a=1", "/new", "", "", "/new", "")]
    [InlineData("//a/../b", "/b", "", null, "/b", "")]

    // The same: the client's escapes stay.
    [InlineData("/a%2fb%41", "/a/bA", "", null, "/a%2fb%41", "")]
    [InlineData("/a?", "/a", "", "", "/a?", "")]
    [InlineData("/\u00e4", "/\u00e4", "", null, "/\u00e4", "")]

    // Only one of them is there.
    [InlineData("/a%20b?c", null, "", null, "/a%20b?c", "")]
    [InlineData("", "/a b%\n\u00e4", "", "q", "/a%20b%25%0A%E4?q", "")]

    // Below a path: nginx's stock file has all of it in PATH_INFO, CGI only the rest.
    [InlineData("/app/x%2Fy", "/app/x/y", "/app", null, "/x%2Fy", "/app")]
    [InlineData("/app/x", "/x", "/app", null, "/x", "/app")]
    [InlineData("/app%2Fx", "/app/x", "/app", null, "/x", "/app")]
    [InlineData("/app/app/x", "/app/x", "/app", null, "/app/x", "/app")]
    [InlineData("/app//x", "/app/x", "/app/", null, "/x", "/app")]
    [InlineData("/app", "/app", "/app", null, "/", "/app")]
    [InlineData("/app", "", "/app", null, "/", "/app")]
    [InlineData("/application", "/application", "/app", null, "/application", "/app")]
    [InlineData("/app/x", null, "/app", null, "/x", "/app")]
    [InlineData("/x", "/x", "/", null, "/x", "")]
    public void Read_Target_GoesWhereTheProxySays(string uri, string? info, string script, string? query, string path, string below)
    {
        List<string> variables = ["REQUEST_METHOD=GET", "REQUEST_URI=" + uri, "SCRIPT_NAME=" + script];
        variables.AddRange(info is null ? [] : ["PATH_INFO=" + info]);
        variables.AddRange(query is null ? [] : ["QUERY_STRING=" + query]);
        UwsgiRequest request = Take(UwsgiBytes.Packet([.. variables]));

        Assert.StartsWith($"GET {path} HTTP/1.0\r\n", Encoding.Latin1.GetString(request.Head), StringComparison.Ordinal);
        Assert.Equal(below, request.Script);
    }

    [Fact]
    public void Read_ModifierThatCutsThePath_CutsItWhateverWasAskedFor()
        => Assert.StartsWith("GET /x ", Encoding.Latin1.GetString(Take(UwsgiBytes.Packet(
            30, "REQUEST_METHOD=GET", "REQUEST_URI=/app/app/x", "PATH_INFO=/app/x", "SCRIPT_NAME=/app")).Head), StringComparison.Ordinal);

    [Fact]
    public void Read_OptionsForAll_HasNoPath()
        => Assert.StartsWith("OPTIONS * HTTP/1.0\r\n", Encoding.Latin1.GetString(Take(UwsgiBytes.Packet("REQUEST_METHOD=OPTIONS", "REQUEST_URI=*")).Head), StringComparison.Ordinal);

    [Theory]
    [InlineData("PATH_INFO=/", "has no REQUEST_METHOD")]
    [InlineData("REQUEST_METHOD=G ET|PATH_INFO=/", "has no REQUEST_METHOD")]
    [InlineData("REQUEST_METHOD=GET", "has neither a PATH_INFO")]
    [InlineData("REQUEST_METHOD=GET|PATH_INFO=x", "has neither a PATH_INFO")]
    [InlineData("REQUEST_METHOD=GET|REQUEST_URI=*", "has neither a PATH_INFO")]
    [InlineData("REQUEST_METHOD=GET|REQUEST_METHOD=POST|PATH_INFO=/", "has REQUEST_METHOD twice")]
    [InlineData("REQUEST_METHOD=GET|PATH_INFO=/|CONTENT_LENGTH=1|CONTENT_LENGTH=2", "has CONTENT_LENGTH twice")]
    [InlineData("REQUEST_METHOD=GET|PATH_INFO=/|HTTP_A=b\r\nc: d", "has control characters in HTTP_A")]
    [InlineData("REQUEST_METHOD=GET|PATH_INFO=/|HTTP_A=b\u0000", "has control characters in HTTP_A")]
    [InlineData("REQUEST_METHOD=GET|PATH_INFO=/|QUERY_STRING=a\nb", "has control characters in QUERY_STRING")]
    [InlineData("REQUEST_METHOD=GET\r|PATH_INFO=/", "has control characters in REQUEST_METHOD")]
    [InlineData("REQUEST_METHOD=GET|PATH_INFO=/|CONTENT_LENGTH=1\r\na: b", "has control characters in CONTENT_LENGTH")]
    [InlineData("REQUEST_METHOD=GET|PATH_INFO=/|HTTP_A:B=c", "has a header field whose name is none")]
    [InlineData("REQUEST_METHOD=GET|PATH_INFO=/|HTTP_=c", "has a header field whose name is none")]
    [InlineData("REQUEST_METHOD=GET|PATH_INFO=/|A B=c", "has a variable whose name is none")]
    [InlineData("REQUEST_METHOD=GET|PATH_INFO=/|SCRIPT_NAME=//evil.example", "has a SCRIPT_NAME that is no path")]
    [InlineData("REQUEST_METHOD=GET|PATH_INFO=/|REMOTE_ADDR=1.2.3.4, 5.6.7.8", "has a REMOTE_ADDR that is no address")]
    public void Read_PacketThatNobodyShouldBelieve_IsRefusedWithASentence(string variables, string expected)
        => Assert.StartsWith(expected, UwsgiRequest.Read(UwsgiBytes.Packet(variables.Split('|')), out _), StringComparison.Ordinal);

    [Fact]
    public void Read_BlockThatBreaksOff_IsRefused()
        => Assert.Equal("has lengths that do not add up", UwsgiRequest.Read([0, 3, 0, 0, 9, 0, 65], out _));

    [Theory]
    [InlineData("UWSGI_SCHEME=https", "https")]
    [InlineData("HTTPS=1", "https")]
    [InlineData("HTTPS=off", "http")]
    [InlineData("REQUEST_SCHEME=https", "https")]
    [InlineData("UWSGI_SCHEME=javascript", "http")]
    public void Read_Scheme_IsAsUwsgiHasIt(string variable, string expected)
        => Assert.Equal(expected, Take(UwsgiBytes.Packet("REQUEST_METHOD=GET", "PATH_INFO=/", variable)).Scheme);

    [Theory]
    [InlineData("HTTP/1.0", "1.0")]
    [InlineData("HTTP/2.0", "2")]
    [InlineData("HTTP/3.0", "3")]
    [InlineData("", "1.1")]
    public void Read_Version_IsTheClients(string protocol, string expected)
    {
        UwsgiRequest request = Take(UwsgiBytes.Packet("REQUEST_METHOD=GET", "PATH_INFO=/", "SERVER_PROTOCOL=" + protocol));
        Assert.Equal((expected, "HTTP/" + expected), (request.HttpVersion, request.Protocol));
    }

    [Theory]
    [InlineData("SERVER_NAME=shop.example", "shop.example")]
    [InlineData("SERVER_NAME=_", "asked.example")]
    [InlineData("SERVER_NAME=.shop.example", "asked.example")]
    [InlineData("SERVER_NAME=", "asked.example")]
    public void Read_ServerName_IsANameOrTheHostThatWasAskedFor(string variable, string expected)
        => Assert.Equal(expected, Take(UwsgiBytes.Packet("REQUEST_METHOD=GET", "PATH_INFO=/", "HTTP_HOST=asked.example:8080", variable)).ServerHost);

    [Theory]
    [InlineData("REMOTE_ADDR=unix:")]
    [InlineData("REMOTE_ADDR=")]
    [InlineData("A=")]
    public void Read_ClientWithoutAnAddress_IsNobody(string variable)
        => Assert.Null(Take(UwsgiBytes.Packet("REQUEST_METHOD=GET", "PATH_INFO=/", variable, "REMOTE_PORT=7")).Client);

    // Whatever a packet has in it, its head is one head, or it is refused: by the packet's rules, or by those of all heads.
    [Fact]
    public void Read_DamagedPackets_NeverBecomeMoreThanOneHead()
    {
        var random = new Random(Seed);
        int taken = 0;
        int refused = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] packet = UwsgiBytes.Get("/a%2Fb?x=%20", "SCRIPT_NAME=/a", "CONTENT_LENGTH=", "HTTP_X_A=1", "HTTP_COOKIE=a=b");
            for (int change = random.Next(4); change >= 0; change--)
            {
                int at = 4 + random.Next(packet.Length - 4);
                packet[at] = random.Next(3) == 0 ? "\r\n\0 :%/_?#"u8[random.Next(10)] : (byte)random.Next(256);
            }

            if (UwsgiRequest.Read(packet, out UwsgiRequest? request) is not null)
            {
                refused++;
                continue;
            }

            var capture = new HeadCapture();
            byte[] head = [.. request!.Head];
            Assert.Equal(head.Length - 4, head.AsSpan().IndexOf("\r\n\r\n"u8));
            try
            {
                capture.Look(new System.Buffers.ReadOnlySequence<byte>(head));
                capture.OnConsumed(head.Length);
                Assert.True(capture.IsAtStart || capture.Head.ContentLength > 0, $"packet {i} of seed {Seed}");
                taken++;
            }
            catch (BadHttpRequestException)
            {
                refused++;
            }
        }

        Assert.True(taken > 1000 && refused > 1000, $"{taken} taken, {refused} refused");
    }

    private static UwsgiRequest Take(byte[] packet)
    {
        Assert.Null(UwsgiRequest.Read(packet, out UwsgiRequest? request));
        return request!;
    }
}
