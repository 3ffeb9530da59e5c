namespace Hydra.Protocol.Generator;

/// <summary>Breaks what stands between parentheses into lines of at most 110 columns, as ruff's formatter does.</summary>
internal static class PythonCall
{
    private const int Columns = 110;

    public static void Write(LineWriter text, string head, IReadOnlyList<string> arguments, string tail)
    {
        string joined = string.Join(", ", arguments);
        if (text.Column + head.Length + joined.Length + tail.Length <= Columns)
        {
            text.Line(head + joined + tail);
            return;
        }

        text.Line(head);
        text.Indent();
        if (text.Column + joined.Length <= Columns)
        {
            text.Line(joined);
        }
        else
        {
            foreach (string argument in arguments)
            {
                text.Line(argument + ",");
            }
        }

        text.Unindent();
        text.Line(tail);
    }

    /// <summary>An assignment: what is assigned in parentheses only when it needs a line of its own.</summary>
    public static void WriteAssignment(LineWriter text, string target, string value)
    {
        if (text.Column + target.Length + " = ".Length + value.Length <= Columns)
        {
            text.Line($"{target} = {value}");
            return;
        }

        text.Line(target + " = (");
        text.Indent();
        text.Line(value);
        text.Unindent();
        text.Line(")");
    }

    /// <summary>A tuple: in parentheses only when it needs several lines.</summary>
    public static void WriteTuple(LineWriter text, string head, IReadOnlyList<string> items)
    {
        string joined = string.Join(", ", items);
        if (text.Column + head.Length + joined.Length <= Columns)
        {
            text.Line(head + joined);
            return;
        }

        text.Line(head + "(");
        text.Indent();
        foreach (string item in items)
        {
            text.Line(item + ",");
        }

        text.Unindent();
        text.Line(")");
    }
}
