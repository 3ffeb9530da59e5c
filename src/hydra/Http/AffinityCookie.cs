using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Hydra.Http;

/// <summary>
/// The cookie by which the front tells clients apart (--affinity-cookie): a number at random, signed, so that nobody chooses his worker. One that is missing, forged, or
/// signed with another secret is replaced by a new one in the answer. Any thread.
/// </summary>
internal sealed class AffinityCookie
{
    // Bytes of the number, and of what signs it: 128 bits each.
    private const int Size = 16;

    private readonly byte[] _secret;
    private readonly byte[] _name;
    private readonly string _start;

    /// <summary>A cookie.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="secret">What signs it.</param>
    public AffinityCookie(string name, byte[] secret)
    {
        Name = name;
        _secret = secret;
        _name = Encoding.UTF8.GetBytes(name + "=");
        _start = name + "=";
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The number of a client: the one that it has sent, or a new one, which the answer brings it.</summary>
    /// <returns>Text of base64url.</returns>
    public byte[] ReadOrMake(RequestContext context)
    {
        foreach (string sent in AffinityKeys.CookiesOf(context.Http.Request, Name))
        {
            if (TryRead(sent, out byte[] number))
            {
                return number;
            }
        }

        byte[] made = Base64Url.EncodeToUtf8(RandomNumberGenerator.GetBytes(Size));
        string field = $"{_start}{Write(made)}; Path=/; HttpOnly; SameSite=Lax{(context.Facts.Scheme == "https" ? "; Secure" : "")}";
        context.Http.Response.OnStarting(
            static state =>
            {
                (HttpResponse response, string cookie) = ((HttpResponse, string))state;
                response.Headers.Append(Microsoft.Net.Http.Headers.HeaderNames.SetCookie, cookie);
                return Task.CompletedTask;
            },
            (context.Http.Response, field));
        return made;
    }

    /// <summary>The value of the cookie for a number.</summary>
    /// <param name="number">Text of base64url.</param>
    public string Write(ReadOnlySpan<byte> number) => $"{Encoding.ASCII.GetString(number)}.{Base64Url.EncodeToString(Sign(number))}";

    /// <summary>Reads a value of the cookie.</summary>
    /// <returns>False when it is none that was signed with this secret, for this name.</returns>
    public bool TryRead(string value, out byte[] number)
    {
        int dot = value.IndexOf('.', StringComparison.Ordinal);
        number = dot > 0 && Ascii.IsValid(value) ? Encoding.ASCII.GetBytes(value[..dot]) : [];
        return number.Length == Base64Url.GetEncodedLength(Size)
            && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(value[(dot + 1)..]), Base64Url.EncodeToUtf8(Sign(number)));
    }

    private byte[] Sign(ReadOnlySpan<byte> number) => HMACSHA256.HashData(_secret, (byte[])[.. _name, .. number])[..Size];
}
