namespace Cdp.Hosting.HotState;

/// <summary>
/// Loads Lua scripts from <c>.lua</c> files that are embedded in an assembly. Each file begins with a comment that says what the script does, lists
/// KEYS and ARGV in order (the arguments in the order of the keys they belong to) and the result; then it gives every key and argument a name.
/// </summary>
public static class RedisScript
{
    /// <summary>The text of a script, for <c>ScriptEvaluateAsync</c>.</summary>
    /// <param name="owner">A type of the assembly that embeds the file.</param>
    /// <param name="file">The file's name without its folder, such as <c>publish_position.lua</c>.</param>
    /// <exception cref="InvalidOperationException">The assembly embeds no such file.</exception>
    public static string Load(Type owner, string file)
    {
        using var stream = owner.Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidOperationException(
                $"{owner.Assembly.GetName().Name} does not embed {file}; embed it in the project file with LogicalName=\"%(Filename)%(Extension)\"");
        using var text = new StreamReader(stream);
        return text.ReadToEnd();
    }
}
