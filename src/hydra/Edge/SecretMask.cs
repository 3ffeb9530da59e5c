using System.Buffers;
using System.Text;
using System.Text.Json;
using Hydra.Primitives;

namespace Hydra.Edge;

/// <summary>Takes secrets out of what is kept of a request, by the names of fields (<see cref="SecretNames"/>).</summary>
internal static class SecretMask
{
    /// <summary>A target, of whose query the values are masked that are secrets.</summary>
    /// <param name="target">Path and query as sent.</param>
    /// <param name="found">Set where there was one.</param>
    public static string Target(string target, ref bool found)
    {
        int question = target.IndexOf('?', StringComparison.Ordinal);
        return question < 0 ? target : target[..(question + 1)] + Pairs(target[(question + 1)..], ref found);
    }

    /// <summary>A header field's value.</summary>
    public static string Field(string name, string value, ref bool found)
    {
        if (!SecretNames.Is(name))
        {
            return value;
        }

        found = true;
        return SecretNames.Mask;
    }

    /// <summary>A body, of a form or of JSON.</summary>
    /// <param name="body">The body.</param>
    /// <param name="type">Its Content-Type.</param>
    /// <param name="coding">Its Content-Encoding.</param>
    /// <param name="found">Set where there was a secret.</param>
    /// <returns>Null where nobody can tell what of it is a secret.</returns>
    public static byte[]? Body(byte[] body, string type, string coding, ref bool found)
    {
        string media = type.Split(';')[0].Trim();
        if (body.Length == 0 || coding.Length > 0)
        {
            return body.Length == 0 ? body : null;
        }

        return media.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) ? Encoding.Latin1.GetBytes(Pairs(Encoding.Latin1.GetString(body), ref found))
            : media.Equals("application/json", StringComparison.OrdinalIgnoreCase) || media.EndsWith("+json", StringComparison.OrdinalIgnoreCase) ? Json(body, ref found)
            : null;
    }

    private static string Pairs(string text, ref bool found)
    {
        string[] pairs = text.Split('&');
        for (int i = 0; i < pairs.Length; i++)
        {
            int equals = pairs[i].IndexOf('=', StringComparison.Ordinal);
            if (equals >= 0 && equals < pairs[i].Length - 1 && SecretNames.Is(Uri.UnescapeDataString(pairs[i][..equals].Replace('+', ' '))))
            {
                pairs[i] = pairs[i][..(equals + 1)] + SecretNames.Mask;
                found = true;
            }
        }

        return string.Join('&', pairs);
    }

    private static byte[]? Json(byte[] body, ref bool found)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            var masked = new ArrayBufferWriter<byte>(body.Length);
            bool any = false;
            using (var json = new Utf8JsonWriter(masked))
            {
                Copy(json, document.RootElement, ref any);
            }

            found |= any;
            return any ? masked.WrittenSpan.ToArray() : body;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Copy(Utf8JsonWriter json, JsonElement element, ref bool found)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    json.WritePropertyName(property.Name);
                    if (property.Value.ValueKind is not JsonValueKind.Null && SecretNames.Is(property.Name))
                    {
                        json.WriteStringValue(SecretNames.Mask);
                        found = true;
                    }
                    else
                    {
                        Copy(json, property.Value, ref found);
                    }
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (JsonElement item in element.EnumerateArray())
                {
                    Copy(json, item, ref found);
                }

                json.WriteEndArray();
                break;
            default:
                element.WriteTo(json);
                break;
        }
    }
}
