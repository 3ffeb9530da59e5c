using Hydra.Http;
using Microsoft.Extensions.Primitives;

namespace Hydra.Edge;

/// <summary>The field that names what a response was chosen by (RFC 9110, section 12.5.5).</summary>
internal static class VaryField
{
    /// <summary>Names a request's field in it, unless that is there, or everything is (*).</summary>
    public static void Add(IHeaderDictionary headers, string name)
    {
        StringValues vary = headers.Vary;
        if (vary.Count == 0)
        {
            headers.Vary = name;
        }
        else if (!FieldList.Contains(vary, name) && !FieldList.Contains(vary, "*"))
        {
            string present = vary.ToString();
            headers.Vary = present.Length == 0 ? name : $"{present}, {name}";
        }
    }
}
