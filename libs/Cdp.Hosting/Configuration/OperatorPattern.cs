using System.Text.RegularExpressions;

namespace Cdp.Hosting.Configuration;

/// <summary>
/// Compiles the regular expressions of configuration files. They are matched against untrusted input, so matching must take time linear in the length of the
/// text; a pattern for which that is impossible is rejected when it is loaded.
/// </summary>
public static class OperatorPattern
{
    /// <summary>The maximum length of a pattern, in characters: longer than a person can read.</summary>
    public const int MaxLength = 1_000;

    /// <summary>
    /// The maximum number of states of the automaton that .NET builds. The cost of each character of a text grows with the number of states, and counted
    /// repetition creates many: <c>[a-z]{1,5000}</c> takes 10 s for 30,000 characters.
    /// </summary>
    private const int MaxStates = 500;

    // The default limit of .NET is 10,000, and this is the only way to change it. It is read when a pattern is compiled.
    static OperatorPattern() => AppContext.SetData("REGEX_NONBACKTRACKING_MAX_AUTOMATA_SIZE", MaxStates);

    /// <summary>The compiled pattern; null if it is rejected.</summary>
    /// <param name="pattern">A .NET regular expression. It matches anywhere in a text, unless it is anchored with ^ and $.</param>
    /// <param name="ignoreCase">Whether upper and lower case are equal.</param>
    /// <param name="fault">
    /// Why it is rejected and how to fix it, as the continuation of a sentence that begins with the pattern; null if it is compiled.
    /// </param>
    public static Regex? Compile(string pattern, bool ignoreCase, out string? fault)
    {
        fault = null;
        try
        {
            var options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | (ignoreCase ? RegexOptions.IgnoreCase : RegexOptions.None);
            if (pattern.Length <= MaxLength) return new Regex(pattern, options);
            fault = $"has {pattern.Length} characters; write {MaxLength} or fewer";
        }
        catch (ArgumentException e)
        {
            fault = $"is not a regular expression: {e.Message.TrimEnd('.')}; fix its syntax";
        }
        catch (NotSupportedException)
        {
            fault = "cannot be matched in linear time; remove look-arounds, back references, atomic groups and conditions, "
                + $"and counts such as {{1,1000}} that need more than {MaxStates} states";
        }
        return null;
    }
}
