using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Cdp.Hosting.Configuration;

/// <summary>The configuration is invalid. <see cref="Errors"/> has every error, each with its key or its file and line, and the remedy.</summary>
public sealed class ConfigurationException(IReadOnlyList<string> errors) : Exception(string.Join(Environment.NewLine, errors))
{
    public IReadOnlyList<string> Errors { get; } = errors;
}

/// <summary>Collects the errors of all parts of a configuration, so that all of them are reported at once, before anything starts.</summary>
public static class ConfigurationErrors
{
    private static readonly object Key = new();

    /// <summary>Binds an options record from the configuration, checks it, and registers it.</summary>
    /// <param name="builder">The builder of the host.</param>
    /// <param name="errors">Returns the errors of the options.</param>
    public static T AddOptionsRecord<T>(this IHostApplicationBuilder builder, Func<T, IEnumerable<string>> errors) where T : class, new()
    {
        var options = new T();
        try
        {
            options = builder.Configuration.Get<T>() ?? options;
        }
        catch (InvalidOperationException e)
        {
            builder.AddConfigurationErrors([e.InnerException is { } inner ? $"{e.Message} {inner.Message}" : e.Message]);
        }
        builder.AddConfigurationErrors(errors(options));
        builder.Services.AddSingleton(options);
        return options;
    }

    /// <summary>Adds errors found elsewhere, for example in a file that the options name.</summary>
    public static void AddConfigurationErrors(this IHostApplicationBuilder builder, IEnumerable<string> errors) => builder.Errors().AddRange(errors);

    internal static void ThrowOnConfigurationErrors(this IHostApplicationBuilder builder)
    {
        if (builder.Errors() is { Count: > 0 } errors) throw new ConfigurationException(errors);
    }

    private static List<string> Errors(this IHostApplicationBuilder builder)
    {
        if (!builder.Properties.TryGetValue(Key, out var errors)) builder.Properties[Key] = errors = new List<string>();
        return (List<string>)errors;
    }
}
