using System.Globalization;
using System.Text.RegularExpressions;
using Cdp.Functions.Contracts;
using Jint;
using Jint.Native;
using Jint.Native.Error;
using Jint.Native.Object;
using Jint.Runtime;

namespace Cdp.Functions.Scripting;

/// <summary>A promise of the function was rejected.</summary>
internal sealed class RejectedException(JsValue error) : Exception("a promise was rejected")
{
    public JsValue Error { get; } = error;
}

/// <summary>The outcome of a call that threw.</summary>
internal static partial class Failures
{
    /// <summary>The name of <c>prelude.js</c> in stack traces. Its frames are never the place of an error.</summary>
    public const string Prelude = "prelude";

    private const int MaxReason = 1000;
    private const int MaxStack = 4000;

    /// <summary>The outcome for an exception. The error classes of the Segment contract decide by their names.</summary>
    public static FunctionOutcome Outcome(Exception exception) => exception switch
    {
        JavaScriptException e => Thrown(e.Error, e),
        RejectedException e => Thrown(e.Error, e),
        NotJsonException e => Failed($"the function returned something that is not an event: {e.Message}", exception, retryable: false),
        InputException => Failed(exception.Message, exception, retryable: false),
        LimitException e => Failed($"a limit was exceeded: {e.Message}", exception, e.Retryable),
        RecursionDepthOverflowException => Failed("a limit was exceeded: too many nested calls", exception, retryable: false),
        MemoryLimitExceededException => Failed("a limit was exceeded: an array or buffer is too large", exception, retryable: false),
        OutOfMemoryException => Failed("a limit was exceeded: memory", exception, retryable: false),
        RegexMatchTimeoutException or TimeoutException => Failed("a limit was exceeded: a regular expression took too long", exception, retryable: false),
        _ => Failed($"the engine failed: {exception.GetType().Name}: {exception.Message}", exception, retryable: false),
    };

    /// <summary>Whether an engine can be used again after the exception. Other exceptions left it in the middle of something.</summary>
    public static bool LeavesEngineUsable(Exception exception) =>
        exception is JavaScriptException or RejectedException or NotJsonException or InputException;

    /// <summary>The place of an error: module, line from 1, column from 1.</summary>
    public static (string? Module, int? Line, int? Column) Place(Exception exception)
    {
        if (JintException.TryGetJavaScriptLocation(exception, out var location) && location.Start.Line > 0 && location.SourceFile != Prelude)
            return (location.SourceFile, location.Start.Line, location.Start.Column + 1);
        var stack = exception switch
        {
            JavaScriptException e => e.JavaScriptStackTrace,
            RejectedException { Error: ErrorInstance error } => Member(error, "stack"),
            _ => JintException.TryGetJavaScriptCallStack(exception, out var trace) ? trace : null,
        };
        // A function can write what it likes into its error's stack.
        var frame = FramePattern.Matches(stack is { Length: > MaxStack } ? stack[..MaxStack] : stack ?? "")
            .FirstOrDefault(match => match.Groups["module"].Value != Prelude);
        return frame is null ? default : (frame.Groups["module"].Value, Number(frame.Groups["line"]), Number(frame.Groups["column"]));
    }

    /// <summary>Name and message of an error, or the value that was thrown.</summary>
    public static string Describe(JsValue error)
    {
        var text = error switch
        {
            ErrorInstance instance => $"{Member(instance, "name") ?? "Error"}: {Member(instance, "message")}",
            ObjectInstance => "an object that is not an Error was thrown",
            _ => error.ToString(),
        };
        return text.Length <= MaxReason ? text : text[..MaxReason] + "…";
    }

    private static FunctionOutcome Thrown(JsValue error, Exception exception)
    {
        var reason = Describe(error);
        return (error is ErrorInstance instance ? Member(instance, "name") : null) switch
        {
            "DropEvent" or "EventNotSupported" => new FunctionOutcome.Dropped(reason),
            "RetryError" => Failed(reason, exception, retryable: true),
            _ => Failed(reason, exception, retryable: false),
        };
    }

    private static FunctionOutcome.Failed Failed(string reason, Exception exception, bool retryable)
    {
        var (module, line, column) = Place(exception);
        return new FunctionOutcome.Failed(reason, module, line, column, retryable);
    }

    // A getter of the function may run here, within the budget of its call. Nothing that it does may hide the error.
    private static string? Member(ObjectInstance instance, string name)
    {
        try
        {
            return instance.Get(name) is JsString text ? text.ToString() : null;
        }
        catch (Exception)
        {
            return null;
        }
    }

    private static int? Number(Group group) => int.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    // The last line of a frame: "   at name (module:line:column)", or without a name.
    [GeneratedRegex(@"^\s*at (?:.*\()?(?<module>[^()\n]+?):(?<line>\d+):(?<column>\d+)\)?\s*$", RegexOptions.Multiline)]
    private static partial Regex FramePattern { get; }
}
