# Makes a Schleuder list and subscribes members to it: ruby schleuder-list.rb LIST FILE
# FILE holds one JSON object a line: {"address", "certificate"} (armored). The first is the list's admin.
# Prints the armored certificate of the list.
$LOAD_PATH.unshift '/usr/lib/ruby/vendor_ruby'
require 'json'
require 'schleuder'

address, file = ARGV
list, messages = Schleuder::ListBuilder.new({ email: address }).run
abort messages.inspect unless list.is_a?(Schleuder::List)
File.foreach(file).with_index do |line, index|
  member = JSON.parse(line)
  subscription, = list.subscribe(member['address'], nil, index.zero?, true, member['certificate'])
  abort subscription.errors.full_messages.inspect if subscription.errors.any?
end
puts list.export_key
